import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '../config/config.js';

/**
 * What we are called in the routes of questions: our server name, and a mark of where our data is kept, by
 * which a server that takes over from another one of the same name is told from it. The same for all
 * instances on one database.
 */
export function serverIdentity({ server, database, listen }: Config): string {
  const place = database.kind === 'sqlite' ? [hostname(), listen.port, database.file] : postgres(new URL(database.url));
  const mark = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 8);
  return `${server.name} ${mark}`;
}

const postgres = ({ host, pathname }: URL): readonly string[] => [host, pathname];

/**
 * Who we are among the instances of one database, and a mark of this life: after a restart the name is the
 * same. A SQLite file has one process, whatever it is called.
 */
export function jobHolder({ database, listen, dataDir }: Config): string {
  const name = database.kind === 'sqlite' ? 'only' : `${hostname()} ${listen.host}:${listen.port} ${dataDir}`;
  return `${name}/${randomUUID()}`;
}
