import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyClosedDatabase, copyDatabase, isFree } from '../../../src/adapters/knex/backup.js';
import { checkCopy } from '../../../src/adapters/knex/backup-check.js';
import { connect, openDatabase } from '../../../src/adapters/knex/database.js';

describe('a copy of a SQLite database', () => {
  let folder: string;
  let db: Knex;
  const source = () => ({ client: 'sqlite3', file: join(folder, 'islet.db') }) as const;
  const copy = () => join(folder, 'copy.db');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-backup-'));
    db = await openDatabase(source());
    for (let at = 0; at < 5_000; at += 100) {
      await db('accepted_terms').insert(
        Array.from({ length: 100 }, (_, i) => ({ mxid: `@${at + i}:a`, url: 'x'.repeat(1_000), accepted_at: 1 })),
      );
    }
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true });
  });

  it('is consistent while transactions continue: it contains each transaction completely or not at all', async () => {
    let done = false;
    const write = async () => {
      for (let round = 0; !done; round++) {
        await db.transaction(async (trx) => {
          await trx('peppers').insert({ announced_from: round * 2, pepper: 'one' });
          await trx('peppers').insert({ announced_from: round * 2 + 1, pepper: 'two' });
        });
      }
      return db('peppers').count({ count: '*' }).first();
    };
    const writing = write();
    await copyDatabase(db, copy());
    done = true;
    const written = (await writing) as { count: number };
    await checkCopy(copy());
    const opened = connect({ client: 'sqlite3', file: copy() });
    const { count } = (await opened('peppers').count({ count: '*' }).first()) as { count: number };
    const [terms] = (await opened('accepted_terms').count({ count: '*' })) as { count: number }[];
    await opened.destroy();
    expect(count % 2).toBe(0);
    expect(count).toBeGreaterThan(0);
    expect(written.count).toBeGreaterThanOrEqual(count);
    expect(terms?.count).toBe(5_000);
  });

  it('does not replace an existing file, and is not made of a database that another process has open', async () => {
    await copyDatabase(db, copy());
    await expect(copyDatabase(db, copy())).rejects.toThrow(/EEXIST/);
    expect(await isFree(source())).toBe(false);
    await expect(copyClosedDatabase(source(), join(folder, 'second.db'))).rejects.toThrow(
      /another process has it open/,
    );
    await db.destroy();
    expect(await isFree(source())).toBe(true);
    db = await openDatabase(source());
  });
});
