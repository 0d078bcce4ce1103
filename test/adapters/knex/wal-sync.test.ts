import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqlite } from '../../../src/adapters/knex/sqlite-connection.js';
import { MAY_BE_LOST, WalSync } from '../../../src/adapters/knex/wal-sync.js';

let folder = '';
let db: Knex;
let syncs: (() => void)[] = [];
let count = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'islet-wal-'));
  const file = join(folder, 'islet.db');
  [syncs, count] = [[], 0];
  const sync = new WalSync(file, () => new Promise((resolve) => (count++, syncs.push(resolve))));
  db = knex(sqlite(file, sync));
  sync.install(db);
  await synced(Promise.resolve(db.raw('create table notes (text text)')));
});
afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

/** Lets the disk continue until this is done. */
async function synced<T>(doing: Promise<T>): Promise<T> {
  let isDone = false;
  void doing.finally(() => (isDone = true)).catch(() => undefined);
  while (!isDone) {
    for (const go of syncs.splice(0)) go();
    await tick();
  }
  return doing;
}

const tick = () => new Promise((resolve) => setImmediate(resolve));
const started = async (number: number) => {
  while (count < number) await tick();
};
const write = (text: string) => Promise.resolve(db('notes').insert({ text }));
const settled = async (promise: Promise<unknown>) => {
  for (let turn = 0; turn < 20; turn++) await tick();
  return Promise.race([promise.then(() => true), tick().then(() => false)]);
};

describe('a commit to SQLite', () => {
  it('is not reported as committed before it is on the disk', async () => {
    const before = count;
    const writing = write('one');
    await started(before + 1);
    expect(await settled(writing)).toBe(false);
    await synced(writing);
    expect(await db('notes').pluck('text')).toEqual(['one']);
  });

  it('is reported before it is on the disk if it may be lost', async () => {
    await synced(write('one'));
    const before = count;
    await db.raw(`update notes ${MAY_BE_LOST} set text = 'two'`);
    expect(count).toBe(before);
    expect(await db('notes').pluck('text')).toEqual(['two']);
  });

  it('does not make readers wait', async () => {
    const before = count;
    const writing = write('one');
    await started(before + 1);
    expect(await db('notes').pluck('text')).toEqual(['one']);
    await synced(writing);
  });

  it('that changed nothing does not wait for the disk', async () => {
    const before = count;
    await db('notes').where({ text: 'unknown' }).update({ text: 'other' });
    expect(await db.raw('delete from notes where text = ? returning text', ['unknown'])).toEqual([]);
    await db.transaction((trx) => trx('notes').where({ text: 'unknown' }).delete());
    expect(count).toBe(before);
    const writing = Promise.resolve(db('notes').insert({ text: 'one' }).returning('text'));
    await started(before + 1);
    expect(await synced(writing)).toEqual([{ text: 'one' }]);
  });

  it('shares one sync with all commits that arrive while the disk is busy', async () => {
    const before = count;
    const first = write('first');
    await started(before + 1);
    const more = Array.from({ length: 50 }, (_, at) => write(`more ${at}`));
    expect(await db('notes').count({ n: '*' }).first()).toEqual({ n: 51 });
    await synced(Promise.all([first, ...more]));
    expect(count - before).toBe(2);
  });

  it('of a transaction waits for a sync that began after its end, not for one that began while it was open', async () => {
    const before = count;
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    const changing = db.transaction(async (trx) => {
      await trx('notes').insert({ text: 'in it' });
      await held;
    });
    for (let turn = 0; turn < 20; turn++) await tick();
    expect(count).toBe(before);
    go();
    await started(before + 1);
    expect(await settled(changing)).toBe(false);
    await synced(changing);
  });

  it('that changed nothing needs no sync', async () => {
    const before = count;
    await db.transaction(async (trx) => void (await trx('notes').select()));
    await expect(
      db.transaction(async (trx) => {
        await trx('notes').select();
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(count).toBe(before);
  });

  it('fails when the disk fails', async () => {
    const file = join(folder, 'other.db');
    const sync = new WalSync(file, () => Promise.reject(new Error('EIO')));
    const other = knex(sqlite(file, sync));
    sync.install(other);
    await expect(Promise.resolve(other.raw('create table notes (text text)'))).rejects.toThrow('EIO');
    await other.destroy();
  });
});
