import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '../config/config.js';

/**
 * The id of this server in the routes of lookups: its server name, and a hash of the location of its data. The hash
 * distinguishes a new server from an old one of the same name. All instances on one database have the same id.
 */
export function serverIdentity({ server, database, listen }: Config): string {
  const place = database.kind === 'sqlite' ? [hostname(), listen.port, database.file] : postgres(new URL(database.url));
  const mark = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 8);
  return `${server.name} ${mark}`;
}

const postgres = ({ host, pathname }: URL): readonly string[] => [host, pathname];

/**
 * The id of this instance among all instances on one database, followed by an id of this process. The first part
 * stays the same after a restart. An SQLite file is used by one process only, so its name does not matter.
 *
 * @param worker the number of this process, if there are several
 */
export function jobHolder({ database, listen, dataDir }: Config, worker?: number): string {
  const part = worker === undefined ? '' : ` worker ${worker}`;
  const name = database.kind === 'sqlite' ? 'only' : `${hostname()} ${listen.host}:${listen.port} ${dataDir}${part}`;
  return `${name}/${randomUUID()}`;
}
