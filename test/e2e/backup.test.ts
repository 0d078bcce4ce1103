import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { islet as run, type RunningIslet, startIslet } from '../support/islet.js';

describe('backup and restore', () => {
  let islet: RunningIslet;
  const at = (name: string) => join(islet.folder, name);
  const bind = async (address: string) => {
    const bound = await islet.command('bind', address, '@alice:example.org');
    expect(bound).toMatchObject({ code: 0 });
  };
  const bound = async () => {
    const { stdout } = await islet.command('bindings', '--json');
    return (JSON.parse(stdout) as { threepid: { address: string } }[]).map(({ threepid }) => threepid.address);
  };

  beforeEach(async () => {
    islet = await startIslet({ server: { name: 'id.example.org' } });
    await bind('alice@example.com');
  });
  afterEach(() => islet.remove());

  it('copy the database of a running server, and bring it back with the signing key', async () => {
    const made = await islet.command('backup', at('night.db'), '--key');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain('can be opened: bindings: 1, waiting invitations: 0');
    expect((await stat(at('night.db'))).mode & 0o777).toBe(0o600);
    expect(await readFile(at('night.db.key'), 'utf8')).toBe(await readFile(at('data/signing.key'), 'utf8'));
    expect((await readdir(join(islet.folder, 'data'))).filter((name) => name.startsWith('backup-'))).toEqual([]);
    expect((await readdir(islet.folder)).toSorted()).toEqual(['data', 'islet.yaml', 'night.db', 'night.db.key']);

    await bind('later@example.com');
    const running = await islet.command('restore', at('night.db'), '--replace');
    expect(running).toMatchObject({ code: 1, stdout: expect.stringContaining('a server is running') });

    await islet.stop();
    const inTheWay = await islet.command('restore', at('night.db'));
    expect(inTheWay).toMatchObject({ code: 1, stdout: expect.stringContaining('add --replace') });
    expect(await islet.command('restore', at('night.db'), '--replace')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('The replaced database tells what was done since the backup: 0 invitations'),
    });
    await islet.restart();
    expect(await bound()).toEqual(['alice@example.com']);
    expect((await islet.command('audit')).stdout).toMatch(/ backup restored by operator \S+ /);
    const aside = (await readdir(at('data'))).filter((name) => name.startsWith('islet.db.before-'));
    expect(aside.length).toBeGreaterThan(0);
  });

  it('work with no server running, and refuse to write over anything', async () => {
    await islet.stop();
    expect(await islet.command('backup', at('night.db'))).toMatchObject({ code: 0, stderr: '' });
    const before = await readFile(at('night.db'));
    const again = await islet.command('backup', at('night.db'));
    expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining('already exists') });
    expect(await readFile(at('night.db'))).toEqual(before);
    await islet.restart();
    expect(await bound()).toEqual(['alice@example.com']);
  });

  it('copy what is written meanwhile wholly or not at all, and lose nothing when the server is killed', async () => {
    const [backup] = await Promise.all([
      islet.command('backup', at('busy.db')),
      ...Array.from({ length: 5 }, (_, i) => bind(`busy${i}@example.com`)),
    ]);
    expect(backup).toMatchObject({ code: 0 });

    const broken = islet.command('backup', at('killed.db'));
    await islet.stop('SIGKILL');
    const { code } = await broken;
    expect(existsSync(at('killed.db'))).toBe(code === 0);
    expect((await readdir(islet.folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    await writeFile(at('data/backup-00000000-0000-0000-0000-000000000000.tmp'), 'half');
    await islet.restart();
    expect((await readdir(at('data'))).filter((name) => name.startsWith('backup-'))).toEqual([]);
    expect(await bound()).toHaveLength(6);
  });

  it('refuse what is no whole backup, and change nothing', async () => {
    await islet.command('backup', at('night.db'));
    await islet.stop();
    const data = await readdir(at('data'));
    const refusal = async (name: string, ...more: string[]) => {
      const { code, stdout } = await islet.command('restore', at(name), '--replace', ...more);
      expect(code).toBe(1);
      expect(stdout).toContain('Nothing was changed');
      return stdout;
    };
    await writeFile(at('empty.db'), '');
    expect(await refusal('empty.db')).toContain('is empty');
    await writeFile(at('text.db'), 'x'.repeat(5_000));
    expect(await refusal('text.db')).toContain('is not an SQLite database');
    await copyFile(at('night.db'), at('half.db'));
    await truncate(at('half.db'), Math.floor((await stat(at('night.db'))).size / 2));
    expect(await refusal('half.db')).toContain('is incomplete');
    const bytes = await readFile(at('night.db'));
    await writeFile(at('rotten.db'), Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 7)]));
    expect(await refusal('rotten.db')).toContain('is damaged');
    await copyFile(at('night.db'), at('live.db'));
    await writeFile(at('live.db-wal'), 'x');
    expect(await refusal('live.db')).toContain('a copy of a database in use');
    await copyFile(at('night.db'), at('newer.db'));
    await change(at('newer.db'), "insert into knex_migrations (name, batch) values ('9999-of-tomorrow', 9)");
    expect(await refusal('newer.db')).toContain('a newer version of Islet has used it and added 9999-of-tomorrow');
    await change(at('strange.db'), 'create table a (b)');
    expect(await refusal('strange.db')).toContain('is not a database of Islet');
    expect(await refusal('nothing.db')).toContain('does not exist');
    expect(await readdir(at('data'))).toEqual(data);
    await islet.restart();
    expect(await bound()).toEqual(['alice@example.com']);
  });

  it('refuse to go on without the signing key, or with another one', async () => {
    await islet.command('backup', at('night.db'), '--key');
    await islet.stop();
    await mkdir(at('other'));
    await writeFile(at('other/islet.yaml'), 'server: { name: id.example.org }\ndataDir: data\nadmin: { port: 1 }\n');
    const restore = (...args: string[]) =>
      run(['restore', at('night.db'), '--config', at('other/islet.yaml'), ...args]);
    expect(await restore()).toMatchObject({ code: 1, stdout: expect.stringContaining('there is no signing key') });
    expect(await restore('--key', at('night.db'))).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('is not a signing key'),
    });
    expect(await restore('--key', at('night.db.key'))).toMatchObject({ code: 0 });
    expect(await readFile(at('other/data/signing.key'), 'utf8')).toBe(await readFile(at('night.db.key'), 'utf8'));
    expect((await stat(at('other/data/signing.key'))).mode & 0o777).toBe(0o600);
    await writeFile(at('another.key'), `ed25519 0 ${'A'.repeat(43)}\n`);
    expect(await restore('--key', at('another.key'), '--replace')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('contains a different key'),
    });
  });
});

const change = (file: string, sql: string) =>
  new Promise<void>((resolve, reject) => {
    const db = new sqlite3.Database(file, () =>
      db.exec(sql, (error) => (error ? reject(error) : db.close(() => resolve()))),
    );
  });
