import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlDatabase } from '../../../src/adapters/sources/sql-database.js';
import { startMariadb } from '../../support/mariadb.js';
import { createAuthority } from '../../support/tls.js';

const { ca, certificates } = createAuthority({
  server: ['127.0.0.1'],
  otherServer: ['db.example.org'],
  client: ['islet'],
});
const untrusted = createAuthority({ other: ['127.0.0.1'] });

let server: Awaited<ReturnType<typeof startMariadb>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-mariadb-files-'));
  await writeFile(join(folder, 'ca.pem'), ca);
  await writeFile(join(folder, 'other.pem'), untrusted.ca);
  await writeFile(join(folder, 'client.pem'), certificates.client.cert);
  await writeFile(join(folder, 'client.key'), certificates.client.key);
  server = await startMariadb({ ca, certificate: certificates.server });
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true });
});

async function cipherOver(url: string, more = {}): Promise<unknown> {
  const database = new SqlDatabase({ url, ...more });
  try {
    const [row] = await database.rows('find', [], "show session status like 'Ssl_cipher'");
    return row?.['Value'];
  } finally {
    await database.close();
  }
}

describe('a connection to MariaDB', () => {
  it.each(['sslmode=verify-full&sslrootcert', 'ssl-mode=VERIFY_IDENTITY&ssl-ca', 'sslmode=require&sslrootcert'])(
    'is encrypted and verified if its URL contains ?%s=…',
    async (spelling) => {
      expect(await cipherOver(`${server.url}?${spelling}=${join(folder, 'ca.pem')}`)).toMatch(/\w/);
      await expect(cipherOver(`${server.url}?${spelling}=${join(folder, 'other.pem')}`)).rejects.toThrow(
        'certificate is not trusted',
      );
    },
  );

  it('is unencrypted if nothing is configured for TLS', async () => {
    expect(await cipherOver(server.url)).toBe('');
  });

  it('trusts the certificates of the option, and then uses TLS', async () => {
    expect(await cipherOver(server.url, { ca })).toMatch(/\w/);
  });

  it('is refused if the certificate is for another name', async () => {
    const url = `${server.url.replace('127.0.0.1', 'localhost')}?sslmode=verify-full`;
    await expect(cipherOver(url, { ca })).rejects.toThrow('certificate is for another name');
  });

  it('presents the client certificate to an account that requires one', async () => {
    const url = server.url.replace('islet@', 'strict@');
    await expect(cipherOver(url, { ca })).rejects.toThrow('ER_ACCESS_DENIED_ERROR');
    const files = `sslcert=${join(folder, 'client.pem')}&sslkey=${join(folder, 'client.key')}`;
    expect(await cipherOver(`${url}?sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}&${files}`)).toMatch(/\w/);
  });
});

describe('a listing from MariaDB', () => {
  const list =
    "select 'email' as medium, concat('p', seq, '@example.org') as address, concat('@p', seq, ':example.org') as mxid from seq_1_to_100000";

  it('has every row, and returns the first ones while the server still sends', async () => {
    const [database, other] = [new SqlDatabase({ url: server.url }), new SqlDatabase({ url: server.url })];
    const large = list.replace("'@example.org'", "'@example.org', repeat('x', 500)");
    const running =
      "select count(*) as n from information_schema.processlist where info like '%repeat(%' and info not like '%processlist%'";
    let count = 0;
    let unfinished: unknown;
    let last: unknown;
    for await (const row of database.list(large)) {
      if (count === 0) unfinished = (await other.rows('find', ['n'], running))[0]?.['n'];
      count += 1;
      last = row;
    }
    await Promise.all([database.close(), other.close()]);
    expect(count).toBe(100_000);
    expect(last).toMatchObject({ mxid: '@p100000:example.org' });
    expect(unfinished).toBe(1);
  });

  it('that stops in the middle does not affect the next query', async () => {
    const database = new SqlDatabase({ url: server.url });
    for await (const row of database.list(list)) {
      expect(row).toMatchObject({ medium: 'email' });
      break;
    }
    expect(await database.rows('find', ['n'], 'select 1 as n')).toEqual([{ n: 1 }]);
    await database.close();
  });

  it('does not block other work between its chunks', async () => {
    const database = new SqlDatabase({ url: server.url });
    let [turns, isFirst, isRead] = [0, true, false];
    const turn = () => (isRead ? undefined : ((turns += 1), setImmediate(turn)));
    for await (const _row of database.list(list)) {
      if (isFirst) turn();
      isFirst = false;
    }
    isRead = true;
    await database.close();
    expect(turns).toBeGreaterThan(10);
  });

  it('reports what is wrong with its query', async () => {
    const database = new SqlDatabase({ url: server.url });
    await expect(database.list('select shoes from nowhere').next()).rejects.toThrow(/"list" failed: ER_NO_SUCH_TABLE/);
    await expect(database.list('select 1 as medium').next()).rejects.toThrow('returns no column address, but medium');
    await database.close();
  });
});
