/**
 * What to do about a problem with TLS; `undefined` for other problems. Never to give up encryption.
 *
 * @param words as `networkFailure` describes it
 * @param caOption the option for certificates of authorities, as the administrator writes it
 */
export function certificateFix(words: string, caOption = 'caFile'): string | undefined {
  return fixes.find(([pattern]) => pattern.test(words))?.[1](caOption);
}

const fixes: readonly (readonly [RegExp, (caOption: string) => string])[] = [
  [
    /requires an encrypted connection/i,
    (ca) =>
      `write ldaps:// in urls, or startTls: true, and ${ca}: otherwise everybody on the way can read the password`,
  ],
  [
    /certificate has a key that is too short|Diffie-Hellman/i,
    () => 'give the server a certificate with a key on an elliptic curve, or of at least 2048 bits',
  ],
  [/certificate is signed with SHA-1/i, () => 'give the server and its authority certificates signed with SHA-256'],
  [
    /certificate has no subjectAltName/i,
    () =>
      'give the server a certificate that has the host name of its URL as subjectAltName: common names do not count',
  ],
  [/certificate is for another name/i, () => 'use a host name that is in its certificate'],
  [/certificate has expired/i, () => 'renew the certificate of the server, or of its authority'],
  [/certificate is not valid yet/i, () => 'compare the clocks of the server and of this machine'],
  [/client certificate/i, () => 'set certFile and keyFile to a certificate that the server accepts'],
  [/certificate|self.signed|issuer/i, (ca) => `set ${ca} to the certificate of its authority`],
  [
    /does not use TLS on this port|TLS handshake/i,
    () =>
      'compare the port: one is for TLS from the first byte, another for STARTTLS; and let the server offer TLS 1.2',
  ],
];
