import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, databaseVersion, openDatabase } from '../../../src/adapters/knex/database.js';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'islet-damaged-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Overwrites the beginning of the page that holds a text. */
function damage(file: string, text: string): void {
  const at = Math.floor(readFileSync(file).indexOf(text) / 4096) * 4096;
  const opened = openSync(file, 'r+');
  writeSync(opened, Buffer.alloc(64, 0xff), 0, 64, at);
  closeSync(opened);
}

describe('an SQLite file with damage in the middle', () => {
  it('is not opened, and the reason names the file and the remedy; the doctor says the same', async () => {
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

    damage(options.file, '@user200:example.org');
    const reason = /islet\.db: it is damaged \(.*\): keep a copy of the file.*restore a backup.*\.recover/;
    await expect(openDatabase(options)).rejects.toThrow(reason);
    await expect(databaseVersion(options)).rejects.toThrow(reason);
  });

  it('is opened if only the local copy of a directory is damaged, which is emptied and filled again', async () => {
    const options = { client: 'sqlite3', file: join(folder, 'islet.db') } as const;
    const db = await openDatabase(options);
    await db('accepted_terms').insert({ mxid: '@anna:example.org', url: 'privacy', accepted_at: 7 });
    const entries = Array.from({ length: 200 }, (_, at) => ({
      source: 'staff',
      id: `entry ${at}`,
      stamp: '1',
      part: 'people',
      mxid: `@user${at}:example.org`,
      content: JSON.stringify(['x'.repeat(400), []]),
    }));
    for (let at = 0; at < entries.length; at += 50) await db('mirror_entries').insert(entries.slice(at, at + 50));
    await db('mirror_states').insert({ source: 'staff', state: '{}' });
    await db.destroy();
    damage(options.file, '@user100:example.org');

    await expect(databaseVersion(options)).rejects.toThrow(/damaged .* only in its copy of the directories/);
    let discarded = 0;
    const mended = await openDatabase(options, { discarded: () => void (discarded += 1) });
    expect(discarded).toBe(1);
    expect(await mended('mirror_entries').select()).toEqual([]);
    expect(await mended('mirror_states').select()).toEqual([]);
    expect(await mended('accepted_terms').pluck('mxid')).toEqual(['@anna:example.org']);
    await mended('mirror_entries').insert(entries.slice(0, 3));
    await mended.destroy();

    const again = await openDatabase(options, { discarded: () => void (discarded += 1) });
    expect(await again('mirror_entries').select('id')).toHaveLength(3);
    const indexes: readonly string[] = await again('sqlite_master').where({ type: 'index' }).pluck('tbl_name');
    expect(indexes).toContain('mirror_entries');
    await again.destroy();
    expect(discarded).toBe(1);
  });

  it('is repaired if an earlier start was interrupted during the repair', async () => {
    const options = { client: 'sqlite3', file: join(folder, 'islet.db') } as const;
    await (await openDatabase(options)).destroy();
    const db = connect(options);
    const [{ sql }] = (await db('sqlite_master').where({ name: 'mirror_states' }).select('sql')) as [{ sql: string }];
    // The pages of the former table belong to no table now.
    await db.raw('pragma writable_schema = on');
    await db('sqlite_master').where({ tbl_name: 'mirror_states' }).delete();
    await db.raw('pragma writable_schema = reset');
    await db.raw(sql);
    await db.destroy();
    await (await openDatabase(options)).destroy();
    expect(await databaseVersion(options)).toMatchObject({ pending: 0 });
  });
});
