import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';

/**
 * What the driver needs for a connection whose certificate is checked wherever the URL asks for TLS:
 * NODE_TLS_REJECT_UNAUTHORIZED changes only what is not said outright.
 */
export function verified(connectionString: string) {
  const { ssl } = new pg.Client(connectionString) as unknown as { readonly ssl: ConnectionOptions | boolean };
  if (ssl === false) return { connectionString };
  const bare = new URL(connectionString);
  for (const name of ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']) bare.searchParams.delete(name);
  // Its enumeration leaves the key out.
  const { key, ...more } = typeof ssl === 'object' ? ssl : {};
  return {
    connectionString: bare.href,
    ssl: { rejectUnauthorized: true, ...more, ...(key !== undefined && { key }) },
  };
}
