import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSource } from '../../src/adapters/sources/file-source.js';
import { email, msisdn } from '../../src/domain/threepid.js';
import type { Association } from '../../src/source.js';
import { testContext } from '../../src/testing.js';
import { threepidSourceContract } from '../contracts/threepid-source.contract.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-file-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function sourceOf(text: string, format: 'csv' | 'json' = 'csv') {
  const path = join(folder, `people.${format}`);
  await writeFile(path, text);
  return { path, source: await fileSource({ path, format, phoneRegion: 'DE' }, testContext()) };
}

const { signal } = new AbortController();

async function listed(text: string, format?: 'csv' | 'json'): Promise<readonly string[]> {
  const { source } = await sourceOf(text, format);
  const all: Association[] = [];
  for await (const association of source.all?.(signal) ?? []) all.push(association);
  return all.map(({ threepid, mxid }) => `${mxid} ${threepid.address}`);
}

const CSV = `MXID,email,email,msisdn
@alice:example.org,Alice@Example.org,alice@example.net,0221 5551234
@bob:example.org,bob@example.org,,"+49 221 5555678; 491715550000"
`;
const JSON_ROWS = JSON.stringify([
  { mxid: '@alice:example.org', email: ['alice@example.org', 'alice@example.net'], msisdn: '0221 5551234' },
  { mxid: '@bob:example.org', email: 'bob@example.org', msisdn: ['+49 221 5555678', '491715550000'] },
]);

describe.each([
  ['csv', CSV],
  ['json', JSON_ROWS],
] as const)('a file of %s', (format, text) => {
  threepidSourceContract(async () => (await sourceOf(text, format)).source, {
    known: [
      ['email', 'alice@example.org', '@alice:example.org'],
      ['email', 'alice@example.net', '@alice:example.org'],
      ['msisdn', '492215551234', '@alice:example.org'],
      ['msisdn', '491715550000', '@bob:example.org'],
    ],
    unknown: [['msisdn', '447700900123']],
  });
});

describe('a file', () => {
  it('is read again when it has changed', async () => {
    const { path, source } = await sourceOf(CSV);
    expect(await source.find([email('carol@example.org')], signal)).toEqual([]);
    await writeFile(path, 'mxid,email\n@carol:example.org,carol@example.org\n');
    await utimes(path, 1, 1);
    const found = await source.find([email('carol@example.org'), email('bob@example.org')], signal);
    expect(found).toEqual([{ threepid: email('carol@example.org'), mxid: '@carol:example.org' }]);
  });

  it('gives a number that can be read two ways to nobody', async () => {
    const rows = 'mxid,phone\n@alice:example.org,0221 5551234\n@bob:example.org,41791234567\n';
    expect(await listed(rows)).toEqual(['@alice:example.org 492215551234']);
  });

  it('fails while it is broken, and works again', async () => {
    const { path, source } = await sourceOf('nobody\n');
    await expect(source.find([msisdn('492215551234')], signal)).rejects.toThrow('no column mxid');
    await writeFile(path, CSV);
    await utimes(path, 1, 1);
    expect(await source.find([msisdn('492215551234')], signal)).toHaveLength(1);
    await rm(path);
    await expect(source.find([msisdn('492215551234')], signal)).rejects.toThrow('ENOENT');
  });

  it('may come from a spreadsheet, with semicolons and a byte order mark', async () => {
    expect(await listed('\ufeffmxid;email\r\n@alice:example.org;"alice@example.org"\r\n')).toEqual([
      '@alice:example.org alice@example.org',
    ]);
  });

  it('gives an address of two people to both, for the mirror to find them contested', async () => {
    const text = 'mxid,email\n@alice:example.org,office@example.org\n@bob:example.org,office@example.org\n';
    expect(await listed(text)).toEqual([
      '@alice:example.org office@example.org',
      '@bob:example.org office@example.org',
    ]);
  });

  it('leaves out cells that are no address', async () => {
    const text = 'mxid,email,msisdn,floor\n@alice:example.org,none,ext. 12,3\n,bob@example.org,,4\n';
    expect(await listed(text)).toEqual([]);
  });

  it.each([
    ['no columns with addresses', 'mxid,name\n@a:b,Alice\n', 'csv', 'begins with email or msisdn'],
    ['nothing', '', 'csv', 'no column mxid'],
    ['no list', '{}', 'json', 'a list of objects'],
    ['a list of texts', '["alice"]', 'json', 'a list of objects'],
  ] as const)('is refused with %s', async (_case, text, format, reason) => {
    await expect(listed(text, format)).rejects.toThrow(reason);
  });
});
