import { isIP } from 'node:net';
import { createSecureContext, type PeerCertificate, type SecureContext, type SecureContextOptions } from 'node:tls';
import { systemAuthorities } from './authorities.js';
import { checkHost } from './verify-host.js';

/** What a connection of ours is told about certificates. */
export interface TlsMaterial {
  /** Certificates to trust instead of the system's, PEM. One that issued the server's is enough, whoever issued it. */
  readonly ca?: string | undefined;
  /** For servers that want one: our certificate, those that issued it, and its key, in one PEM text. */
  readonly clientCertificate?: string | undefined;
}

const contexts = new Map<string, SecureContext>();

/** Made once for the same material: reading the system's authorities takes a fifth of a second. */
export function trustOf({ ca, clientCertificate }: TlsMaterial): SecureContext {
  const key = JSON.stringify([ca, clientCertificate]);
  const known = contexts.get(key);
  if (known) return known;
  const authorities = ca ?? systemAuthorities();
  // Newer than the types: an authority counts although the one that issued it is not known.
  const options: SecureContextOptions & { readonly allowPartialTrustChain: boolean } = {
    allowPartialTrustChain: true,
    ...(authorities !== undefined && { ca: authorities }),
    ...(clientCertificate !== undefined && { cert: clientCertificate, key: clientCertificate }),
  };
  const made = createSecureContext(options);
  contexts.set(key, made);
  return made;
}

/**
 * For a verified connection to `host`, a name or an address without brackets. Everything is said
 * outright, so that neither NODE_TLS_REJECT_UNAUTHORIZED nor a Host header can change it.
 */
export const verifiedTls = (host: string, material: TlsMaterial) => ({
  rejectUnauthorized: true,
  servername: isIP(host) === 0 ? host : '',
  checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkHost(host, certificate),
  secureContext: trustOf(material),
});
