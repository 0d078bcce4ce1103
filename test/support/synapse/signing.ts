import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';

/**
 * Signed JSON in an independent implementation that shares no code with Islet, so that both have to agree. Sufficient
 * for the data of the stand-ins; keys are sorted in JavaScript's order.
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`).join(',')}}`;
}

export interface SigningKey {
  readonly keyId: string;
  /** Unpadded base64. */
  readonly publicKey: string;
  /** @returns the signature in unpadded base64 */
  sign(object: object): string;
}

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

export function signingKey(keyId: string, seed: Buffer): SigningKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  return {
    keyId,
    publicKey: unpadded(publicKey),
    sign: (object) => unpadded(sign(null, Buffer.from(canonical(object)), key)),
  };
}

/** Whether an object without its signatures was signed with this key. */
export function isSigned(object: Readonly<Record<string, unknown>>, signature: string, publicKey: string): boolean {
  const { signatures: _signatures, unsigned: _unsigned, ...signed } = object;
  const der = Buffer.concat([SPKI, Buffer.from(publicKey, 'base64')]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, Buffer.from(canonical(signed)), key, Buffer.from(signature, 'base64'));
}
