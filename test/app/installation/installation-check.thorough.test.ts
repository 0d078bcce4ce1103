import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PepperService } from '../../../src/domain/peppers/pepper-service.js';
import { loadConfig } from '../../../src/app/config/config.js';
import { openApp } from '../../../src/app/wiring/open-app.js';
import { RecordingTelemetry } from '../../support/fakes.js';

let [folder, dataDir] = ['', ''];
let telemetry = new RecordingTelemetry();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'islet-installation-'));
  dataDir = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts Islet up to the point where it would listen, and stops it. @returns the warnings */
async function start(env: Record<string, string> = {}): Promise<readonly string[]> {
  telemetry = new RecordingTelemetry();
  const { config } = loadConfig({
    env: { ISLET_DATA_DIR: dataDir, ISLET_SERVER_NAME: 'id.example.org', ...env },
    cwd: folder,
  });
  const app = await openApp(config, telemetry);
  await app.container.get(PepperService).rotateIfDue();
  await app.close();
  return telemetry.lines
    .map(({ message }) => message)
    .filter((message) => !/signing key created|pepper is ready/.test(message));
}

const keyFile = () => join(dataDir, 'signing.key');
const database = () => join(dataDir, 'islet.db');
const record = () =>
  JSON.parse(readFileSync(join(dataDir, 'installation.json'), 'utf8')) as { id: string; keyId: string };

describe('an installation', () => {
  it('has one id from its first start, and logs nothing at later ones', async () => {
    expect(await start()).toEqual([]);
    const { id, keyId } = record();
    expect(keyId).toBe('ed25519:0');
    expect(await start()).toEqual([]);
    expect(record().id).toBe(id);
  });

  it.each([
    ['is missing', () => rmSync(keyFile())],
    ['is empty', () => truncateSync(keyFile(), 0)],
    ['contains only blanks', () => writeFileSync(keyFile(), '\n')],
  ])('is not started with a new key when its key %s', async (_case, lose) => {
    await start();
    const old = readFileSync(keyFile(), 'utf8');
    lose();
    await expect(start()).rejects.toThrow(/signing\.key .*restore a copy of the key file.*ed25519 1 /);
    writeFileSync(keyFile(), old, { mode: 0o600 });
    expect(await start()).toEqual([]);
  });

  it('is not started with another key of the same key id', async () => {
    await start();
    writeFileSync(keyFile(), `ed25519 0 ${Buffer.alloc(32, 7).toString('base64')}\n`);
    await expect(start()).rejects.toThrow('contains a different key ed25519:0');
  });

  it('starts with a new key if the old one is lost, and logs once what that means', async () => {
    await start();
    writeFileSync(keyFile(), `ed25519 1 ${Buffer.alloc(32, 7).toString('base64')}\n`);
    expect(await start()).toMatchObject([expect.stringContaining('ed25519:0, which signed until now')]);
    expect(await start()).toEqual([]);
  });

  it('accepts a new key above the old one without a warning', async () => {
    await start();
    writeFileSync(keyFile(), `ed25519 1 ${Buffer.alloc(32, 7).toString('base64')}\n${readFileSync(keyFile(), 'utf8')}`);
    expect(await start()).toEqual([]);
    expect(record().keyId).toBe('ed25519:1');
  });

  it.each([
    ['is missing', () => rmSync(database())],
    ['is empty', () => truncateSync(database(), 0)],
  ])('does not create a new database if its database %s', async (_case, lose) => {
    await start();
    const backup = join(folder, 'backup.db');
    copyFileSync(database(), backup);
    lose();
    await expect(start()).rejects.toThrow(/islet\.db is missing or empty.*restore the database.*installation\.json/);
    copyFileSync(backup, database());
    expect(await start()).toEqual([]);
    lose();
    rmSync(join(dataDir, 'installation.json'));
    expect(await start()).toEqual([]);
  });

  it('is not mixed with another one', async () => {
    await start();
    const other = { ISLET_DATA_DIR: join(folder, 'other') };
    await start(other);
    copyFileSync(join(folder, 'other', 'islet.db'), database());
    await expect(start()).rejects.toThrow('belongs to another installation');
  });

  it('logs at the start that its name has changed, with the former name', async () => {
    await start();
    expect(await start({ ISLET_SERVER_NAME: 'id2.example.org' })).toMatchObject([
      expect.stringContaining('server.name was id.example.org and is now id2.example.org'),
    ]);
    expect(await start({ ISLET_SERVER_NAME: 'id2.example.org' })).toEqual([]);
  });

  it('logs at each start the mirrors that belong to no configured source', async () => {
    await start();
    const { config } = loadConfig({
      env: { ISLET_DATA_DIR: dataDir, ISLET_SERVER_NAME: 'id.example.org' },
      cwd: folder,
    });
    const app = await openApp(config, telemetry);
    await app.db('mirror_states').insert({ source: 'old', state: '{}' });
    await app.close();
    for (const _start of [1, 2]) {
      expect(await start()).toMatchObject([expect.stringContaining('islet sync old --forget')]);
    }
    const again = await openApp(config, telemetry);
    await again.services.mirrorService.forget('old');
    await again.close();
    expect(await start()).toEqual([]);
  });
});
