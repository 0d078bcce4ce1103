import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningIslet, startIslet } from '../support/islet.js';

describe('backup and restore', () => {
  let islet: RunningIslet;
  const at = (name: string) => join(islet.folder, name);
  const bind = async (address: string) => {
    expect(await islet.admin('POST', '/bindings/bind', { address, mxid: '@alice:example.org' })).toEqual({});
  };
  const bound = async () => {
    const { bindings } = await islet.admin('GET', '/bindings');
    return (bindings as { threepid: { address: string } }[]).map(({ threepid }) => threepid.address);
  };

  beforeEach(async () => {
    islet = await startIslet({ server: { name: 'id.example.org' } });
    await bind('alice@example.com');
  });
  afterEach(() => islet.remove());

  it('copy the database of a running server, and restore it with the signing key', async () => {
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
    const withoutServer = await islet.command('backup', at('stopped.db'));
    expect(withoutServer).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('bindings: 2,') });
    const refused = await islet.command('restore', at('night.db'));
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('add --replace') });
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

  it('copy concurrent writes completely or not at all, and lose nothing when the server is killed', async () => {
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
});
