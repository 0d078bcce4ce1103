import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';

export const movingFile = (name: string): string => join(import.meta.dirname, name);

/** Creates an SQLite file from a dump in this folder. @param more statements that run afterwards */
export async function makeDatabase(file: string, dump: string, more = ''): Promise<void> {
  await execute(file, `${await readFile(movingFile(dump), 'utf8')}\n${more}`);
}

export const execute = (file: string, sql: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const db = new sqlite3.Database(file, (opened) => {
      if (opened) return reject(opened);
      db.exec(sql, (error) => db.close(() => (error ? reject(error) : resolve())));
    });
  });

/** Sessions that were changed one hour ago. */
export const recentSessions = (): string =>
  `update threepid_validation_sessions set mtime = ${Date.now() - 3_600_000} where mtime > 1600000000000;`;

/** A large number of rows, as stored by Sydent 2. */
export function manyRows({
  associations,
  waiting,
  delivered,
}: Record<'associations' | 'waiting' | 'delivered', number>): string {
  const now = Date.now();
  const until = now + 100 * 365 * 86_400_000;
  const lines = ['begin;'];
  for (let at = 0; at < associations; at++) {
    const [address, mxid] = [`many${at}@example.com`, `@many${at}:example.org`];
    lines.push(
      `insert into local_threepid_associations (medium, address, mxid, ts, notBefore, notAfter) values ('email', '${address}', '${mxid}', ${now}, ${now}, ${until});`,
      `insert into global_threepid_associations (medium, address, mxid, ts, notBefore, notAfter, originServer, originId, sgAssoc) values ('email', '${address}', '${mxid}', ${now}, ${now}, ${until}, 'id.example.org', ${1000 + at}, '{}');`,
    );
  }
  const seconds = Math.floor(now / 1000);
  for (let at = 0; at < waiting + delivered; at++) {
    const sent = at < waiting ? 'null' : seconds;
    const address = at < waiting ? `invited${at}@example.com` : `many${at}@example.com`;
    lines.push(
      `insert into invite_tokens (medium, address, room_id, sender, token, received_ts, sent_ts) values ('email', '${address}', '!room${at}:example.org', '@many0:example.org', '${`token${at}x`.padEnd(128, 'T')}', ${seconds}, ${sent});`,
      `insert into ephemeral_public_keys (public_key, persistence_ts) values ('${Buffer.alloc(32, at.toString(36).padStart(4, '0')).toString('base64url')}', ${seconds});`,
    );
  }
  return [...lines, 'commit;'].join('\n');
}

/** Writes a key store of ma1sd: the current key, the one before, a disabled one, an ephemeral one and a broken file. */
export async function makeMa1sdKeys(folder: string): Promise<void> {
  const key = (seed: number, is_valid = true) =>
    JSON.stringify({ version: '0', is_valid, key: Buffer.alloc(32, seed).toString('base64').replace(/=+$/, '') });
  for (const kind of ['regular', 'ephemeral']) await mkdir(join(folder, kind, 'ed25519'), { recursive: true });
  const files = {
    current: JSON.stringify({ type: 'Regular', algo: 'ed25519', serial: 'AAAAEPvQ-xEa' }),
    'regular/ed25519/AAAAEPvQ-xEa': key(1),
    'regular/ed25519/AAAAEOldKeyX': key(2),
    'regular/ed25519/AAAAEDisabled': key(3, false),
    'ephemeral/ed25519/AAAAEPvQ_xEb': key(4),
    'ephemeral/ed25519/AAAAEBroken': '{"key":',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}
