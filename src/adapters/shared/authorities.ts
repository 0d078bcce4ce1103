import { libraryEnvironment } from './library-environment.js';
import { readFileSync } from 'node:fs';

/** Where systems keep the authorities that they trust: Debian, Red Hat, SUSE, Alpine and BSD. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The authorities of the system, PEM, and those of `NODE_EXTRA_CA_CERTS` besides. Some builds of Node
 * look at the system's and some have a list of their own; so all count the same. `SSL_CERT_FILE` names
 * another file, as for OpenSSL. `undefined` where the system has none: then Node's own list counts.
 */
export function systemAuthorities(env: NodeJS.ProcessEnv = libraryEnvironment()): string | undefined {
  const { SSL_CERT_FILE: named, NODE_EXTRA_CA_CERTS: extra } = env;
  const [bundle] = (named ? [named] : BUNDLES).flatMap(textOf);
  if (bundle === undefined) return undefined;
  return [bundle, ...(extra ? textOf(extra) : [])].join('\n');
}

function textOf(file: string): readonly string[] {
  try {
    const text = readFileSync(file, 'utf8');
    return text.includes('-----BEGIN') ? [text] : [];
  } catch {
    return [];
  }
}
