import { isIP } from 'node:net';
import { createSecureContext, type PeerCertificate, type SecureContext, type SecureContextOptions } from 'node:tls';
import { systemAuthorities } from './authorities.js';
import { checkHost } from './verify-host.js';

/** Certificates for an outgoing connection. */
export interface TlsMaterial {
  /** Trusted CA certificates instead of the system's, PEM. An intermediate certificate is sufficient. */
  readonly ca?: string | undefined;
  /** Client certificate, its chain and its key in one PEM text, for servers that require them. */
  readonly clientCertificate?: string | undefined;
}

const contexts = new Map<string, SecureContext>();

/** Cached by material: reading the CA certificates of the system takes 200 ms. */
export function trustOf({ ca, clientCertificate }: TlsMaterial): SecureContext {
  const key = JSON.stringify([ca, clientCertificate]);
  const known = contexts.get(key);
  if (known) return known;
  const authorities = ca ?? systemAuthorities();
  // Missing in the type definitions: accepts an intermediate certificate as trust anchor.
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
 * Options for a verified connection to `host`, a name or an address without brackets. All options are explicit, so that
 * neither NODE_TLS_REJECT_UNAUTHORIZED nor a Host header can change them.
 */
export const verifiedTls = (host: string, material: TlsMaterial) => ({
  rejectUnauthorized: true,
  servername: isIP(host) === 0 ? host : '',
  checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkHost(host, certificate),
  secureContext: trustOf(material),
});
