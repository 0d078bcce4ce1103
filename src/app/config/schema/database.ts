/** Where data is stored. */
export const database = {
  url: {
    doc: 'PostgreSQL connection URL, as libpq accepts it. For TLS, add `?sslmode=verify-full&sslrootcert=…`. Default: SQLite in `dataDir`.',
    format: 'databaseUrl',
    default: null,
    sensitive: true,
    example: 'postgres://islet@db.example.org/islet',
  },
  password: { doc: 'Password for `database.url`.', format: 'secret', default: null, sensitive: true },
  passwordFile: {
    doc: 'File with the password for `database.url`.',
    format: 'path',
    default: null,
    example: '/etc/islet/db-password',
  },
  caFile: {
    doc: "CA certificates (PEM) to trust instead of the system's. Turns TLS on.",
    format: 'path',
    default: null,
    example: '/etc/islet/ca.pem',
  },
  certFile: {
    doc: 'Client certificate (PEM), if PostgreSQL requires one.',
    format: 'path',
    default: null,
    example: '/etc/islet/client.pem',
  },
  keyFile: {
    doc: 'Private key (PEM) of the client certificate.',
    format: 'path',
    default: null,
    example: '/etc/islet/client.key',
  },
  connections: {
    doc: 'Maximum number of connections to PostgreSQL, including one that listens for changes. For two instances behind a pooler with 20 connections, set 10 for each.',
    format: 'databaseConnections',
    default: 10,
  },
  file: { doc: 'Path of the SQLite file. Default: `islet.db` in `dataDir`.', format: 'path', default: null },
} as const;
