import { libraryEnvironment } from './library-environment.js';
import { readFileSync } from 'node:fs';

/** Files with the trusted CA certificates of the system: Debian, Red Hat, SUSE, Alpine and BSD. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The CA certificates of the system and of `NODE_EXTRA_CA_CERTS`, PEM. Some builds of Node use those of the system and
 * some a built-in list; this makes all builds behave the same. `SSL_CERT_FILE` names another file, as for OpenSSL.
 * `undefined` if the system has none: then the built-in list of Node is used.
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
