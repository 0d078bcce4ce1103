import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from './eventually.js';
import { ownerOf } from './postgres-server.js';
import { freePort } from './ports.js';
import { needPackages } from './services.js';

await needPackages('pgbouncer');

const PASSWORD = 'of-the-pooler';

/**
 * Debian's PgBouncer in front of a PostgreSQL server. It has Debian's configuration, except for its port, users and
 * databases.
 *
 * @param serverUrl the URL of a database; `url` is the same database through the pooler
 */
export async function startPgBouncer(
  serverUrl: string,
  poolMode: 'session' | 'transaction',
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-pgbouncer-'));
  const owner = await ownerOf(folder);
  const { username, hostname, port: serverPort } = new URL(serverUrl);
  const port = await freePort();
  const users = join(folder, 'userlist.txt');
  const settings = join(folder, 'pgbouncer.ini');
  await writeFile(users, `"${username}" "${PASSWORD}"\n`);
  await writeFile(
    settings,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = md5
auth_file = ${users}
pool_mode = ${poolMode}
`,
  );
  if (owner.uid !== undefined && owner.gid !== undefined) {
    for (const file of [users, settings]) await chown(file, owner.uid, owner.gid);
  }
  const child = spawn('/usr/sbin/pgbouncer', [settings], { ...owner, cwd: folder, stdio: 'ignore' });
  const url = new URL(serverUrl);
  url.port = String(port);
  url.password = PASSWORD;
  await eventually(() => answers(url.href));
  return {
    url: url.href,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
