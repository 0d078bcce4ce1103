/** Spec: appendix "Unpadded Base64". */
export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

/** Decodes base64 in either alphabet, padded or not; `undefined` for everything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  const digits = /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(text)?.[1];
  return digits === undefined || digits.length % 4 === 1 ? undefined : new Uint8Array(Buffer.from(digits, 'base64'));
}
