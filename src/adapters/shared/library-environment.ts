/**
 * The environment as OpenSSL, Node and libpq read it by themselves (`SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`,
 * `PGSSLMODE`): whoever does in their place what they would do looks there, too. Options of ours are read
 * by `src/app/config` alone.
 */
export const libraryEnvironment = (): NodeJS.ProcessEnv => process.env;
