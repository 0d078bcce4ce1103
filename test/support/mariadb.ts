import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Daemon } from './daemon.js';
import { freePort } from './ports.js';
import { needPackages } from './services.js';
import { type Certificate } from './tls.js';

await needPackages('mariadb-server-core', 'mariadb-client-core');

const run = promisify(execFile);

/**
 * A private MariaDB on a free port of 127.0.0.1, without durability after power failures. Its user `islet` needs no
 * password.
 */
export async function startMariadb({ ca, certificate }: { readonly ca: string; readonly certificate: Certificate }) {
  const folder = await mkdtemp(join(tmpdir(), 'islet-mariadb-'));
  const port = await freePort();
  for (const [name, text] of Object.entries({
    'ca.pem': ca,
    'cert.pem': certificate.cert,
    'key.pem': certificate.key,
  })) {
    await writeFile(join(folder, name), text);
  }
  const socket = join(folder, 'socket');
  const data = join(folder, 'data');
  await writeFile(
    join(folder, 'init.sql'),
    // Each statement must be on a separate line.
    [
      'create database people character set utf8mb4;',
      "create user islet@'127.0.0.1';",
      "grant all on people.* to islet@'127.0.0.1';",
      "create user strict@'127.0.0.1' require x509;",
      "grant all on people.* to strict@'127.0.0.1';",
      '',
    ].join('\n'),
  );
  await run('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    ...asUser(),
  ]);
  const daemon = new Daemon(
    [
      'mariadbd',
      '--no-defaults',
      ...asUser(),
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      `--socket=${socket}`,
      `--ssl-ca=${join(folder, 'ca.pem')}`,
      `--ssl-cert=${join(folder, 'cert.pem')}`,
      `--ssl-key=${join(folder, 'key.pem')}`,
      '--innodb-flush-log-at-trx-commit=0',
      `--init-file=${join(folder, 'init.sql')}`,
    ],
    { host: '127.0.0.1', port },
  );
  await daemon.restart();
  return {
    port,
    url: `mysql://islet@127.0.0.1:${port}/people`,
    async stop() {
      await daemon.end('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}

/** As root it needs this option. */
const asUser = (): readonly string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);
