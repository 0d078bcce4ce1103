/**
 * The environment variables that OpenSSL, Node and libpq read themselves (`SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`,
 * `PGSSLMODE`). Code that replaces a function of these libraries reads them here. Islet's own options are read only in
 * `src/app/config`.
 */
export const libraryEnvironment = (): NodeJS.ProcessEnv => process.env;
