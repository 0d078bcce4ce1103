import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/**
 * Checks that a certificate is valid for this host. Node 22.23 does not match IPv6 addresses in certificates; OpenSSL
 * does.
 *
 * @param host a name, or an address without brackets
 */
export function checkHost(host: string, certificate: PeerCertificate): Error | undefined {
  if (isIP(host) !== 6) return checkServerIdentity(host, certificate);
  if (new X509Certificate(certificate.raw).checkIP(host) !== undefined) return undefined;
  const error = new Error(`the certificate is not for ${host}`);
  return Object.assign(error, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}
