import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, openDatabase } from '../../../src/adapters/knex/database.js';
import { openKeyFile } from '../../../src/adapters/signing/key-file.js';
import { backupCommand, type BackupContext } from '../../../src/app/commands/backup.js';
import { restoreCommand } from '../../../src/app/commands/restore.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';
import { loadConfig } from '../../../src/app/config/config.js';
import { RecordingTelemetry } from '../../support/fakes.js';

describe('a backup without a running server', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const configOf = (dataDir: string) =>
    loadConfig({
      env: { ISLET_SERVER_NAME: 'id.example.org', ISLET_DATA_DIR: at(dataDir), ISLET_ADMIN_PORT: '1' },
      cwd: folder,
    }).config;
  const run = async (command: (context: BackupContext) => Promise<number>) => {
    const printed: string[] = [];
    const print = (text: string) => void printed.push(text);
    const code = await command({ print, style: plainStyle, cwd: folder });
    return { code, text: printed.join('\n') };
  };
  const backup = (name: string, isWithKey = false) =>
    run((context) => backupCommand(configOf('data'), name, isWithKey, context));
  const restore = (name: string, options = {}, dataDir = 'data') =>
    run((context) => restoreCommand(configOf(dataDir), name, options, context));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-restore-'));
    await mkdir(at('data'));
    await openKeyFile(at('data/signing.key'), new RecordingTelemetry());
    await (await openDatabase({ client: 'sqlite3', file: at('data/islet.db') })).destroy();
    await backup('night.db', true);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('never overwrites a file', async () => {
    const before = await readFile(at('night.db'));
    expect(await backup('night.db')).toEqual({ code: 1, text: expect.stringContaining('already exists') });
    expect((await readFile(at('night.db'))).equals(before)).toBe(true);
  });

  it('is restored only if it is complete; otherwise nothing is changed', async () => {
    const data = await readdir(at('data'));
    const refusal = async (name: string) => {
      const { code, text } = await restore(name, { replace: true });
      expect(code).toBe(1);
      expect(text).toContain('Nothing was changed');
      return text;
    };
    await writeFile(at('empty.db'), '');
    expect(await refusal('empty.db')).toContain('is empty');
    await writeFile(at('text.db'), 'x'.repeat(5_000));
    expect(await refusal('text.db')).toContain('is not an SQLite database');
    await copyFile(at('night.db'), at('half.db'));
    await truncate(at('half.db'), Math.floor((await stat(at('night.db'))).size / 2));
    expect(await refusal('half.db')).toContain('is incomplete');
    const bytes = await readFile(at('night.db'));
    await writeFile(at('damaged.db'), Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 7)]));
    expect(await refusal('damaged.db')).toContain('is damaged');
    await copyFile(at('night.db'), at('live.db'));
    await writeFile(at('live.db-wal'), 'x');
    expect(await refusal('live.db')).toContain('a copy of a database in use');
    await copyFile(at('night.db'), at('newer.db'));
    await change(at('newer.db'), (db) => db('knex_migrations').insert({ name: '9999-of-tomorrow', batch: 9 }));
    expect(await refusal('newer.db')).toContain('a newer version of Islet has used it and added 9999-of-tomorrow');
    await change(at('other.db'), (db) => db.raw('create table a (b)'));
    expect(await refusal('other.db')).toContain('is not a database of Islet');
    expect(await refusal('missing.db')).toContain('does not exist');
    expect(await readdir(at('data'))).toEqual(data);
    expect(existsSync(at('data/islet.db'))).toBe(true);
  });

  it('is restored only with its signing key', async () => {
    const other = (options = {}) => restore('night.db', options, 'other');
    expect(await other()).toEqual({ code: 1, text: expect.stringContaining('there is no signing key') });
    expect(await other({ key: 'night.db' })).toEqual({
      code: 1,
      text: expect.stringContaining('is not a signing key'),
    });
    expect(await other({ key: 'night.db.key' })).toMatchObject({ code: 0 });
    expect(await readFile(at('other/signing.key'), 'utf8')).toBe(await readFile(at('night.db.key'), 'utf8'));
    expect((await stat(at('other/signing.key'))).mode & 0o777).toBe(0o600);
    await writeFile(at('another.key'), `ed25519 0 ${'A'.repeat(43)}\n`);
    expect(await other({ key: 'another.key', replace: true })).toEqual({
      code: 1,
      text: expect.stringContaining('contains a different key'),
    });
  });
});

async function change(file: string, statement: (db: Knex) => PromiseLike<unknown>): Promise<void> {
  const db = connect({ client: 'sqlite3', file });
  await statement(db);
  await db.destroy();
}
