import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseVersion, openDatabase } from '../../../src/adapters/knex/database.js';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'islet-damaged-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('an SQLite file with damage in the middle', () => {
  it('is not opened, and the reason names the file and what to do; the doctor says the same', async () => {
    const options = { client: 'sqlite3', file: join(folder, 'islet.db') } as const;
    const db = await openDatabase(options);
    const rows = Array.from({ length: 400 }, (_, at) => ({
      mxid: `@user${at}:example.org`,
      url: 'u'.repeat(400),
      accepted_at: at,
    }));
    for (let at = 0; at < rows.length; at += 100) await db('accepted_terms').insert(rows.slice(at, at + 100));
    await db.destroy();
    expect(await databaseVersion(options)).toMatchObject({ pending: 0 });

    // The beginning of the page that holds one of them.
    const at = Math.floor(readFileSync(options.file).indexOf('@user200:example.org') / 4096) * 4096;
    const file = openSync(options.file, 'r+');
    writeSync(file, Buffer.alloc(64, 0xff), 0, 64, at);
    closeSync(file);
    const reason = /islet\.db: it is damaged \(.*\): keep a copy of it.*put back a backup.*\.recover/;
    await expect(openDatabase(options)).rejects.toThrow(reason);
    await expect(databaseVersion(options)).rejects.toThrow(reason);
  });
});
