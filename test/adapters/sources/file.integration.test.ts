import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findingsIn } from '../../../src/adapters/sources/answer-validation.js';
import { csvRows } from '../../../src/adapters/sources/csv-rows.js';
import { fileSource } from '../../../src/adapters/sources/file-source.js';
import { SourceDirectory } from '../../../src/adapters/sources/source-directory.js';
import { jsonRows } from '../../../src/adapters/sources/json-rows.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import type { Association } from '../../../src/source.js';
import { testContext } from '../../../src/testing.js';
import { threepidSourceContract } from '../../contracts/threepid-source.contract.js';

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

  it('is read once for concurrent lookups', async () => {
    const { path, source } = await sourceOf(CSV);
    const ask = async () => (await source.find([email('bob@example.org')], signal))[0];
    for (const version of [1, 2]) {
      await utimes(path, version, version);
      const [first, ...others] = await Promise.all([ask(), ask(), ask()]);
      expect(first).toBeDefined();
      for (const other of others) expect(other).toBe(first);
    }
  });

  it.each([
    ['csv', csvRows, `mxid,email\n${'@a:b,alice@example.org\n'.repeat(20_000)}`],
    ['json', jsonRows, JSON.stringify(Array.from({ length: 8_000 }, () => ({ mxid: '@a:b', email: '{"[]}\\' })))],
  ] as const)('of many people as %s delays requests only for a part of it', async (_format, rowsOf, text) => {
    let [rows, turns, isRead] = [0, 0, false];
    const turn = () => (isRead ? undefined : ((turns += 1), setImmediate(turn)));
    setImmediate(turn);
    for await (const { mxid } of rowsOf(text)) rows += mxid === '@a:b' ? 1 : 0;
    isRead = true;
    expect(rows).toBe(text.split('@a:b').length - 1);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('returns no user for a number that can be read in two ways', async () => {
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

  it.each([
    ['a line that names the separator', 'sep=;\r\nmxid;email\r\n@alice:example.org;alice@example.org\r\n', 'csv'],
    ['tabs', 'mxid\temail\n@alice:example.org\talice@example.org\n', 'csv'],
    ['separators in quoted column names', 'mxid;"email, work, home"\n@alice:example.org;alice@example.org\n', 'csv'],
    ['different line endings', 'mxid,email\r\n,\n@alice:example.org,alice@example.org\r\n', 'csv'],
    ['property names in capital letters', '[{"MXID":"@alice:example.org","EMail":"alice@example.org"}]', 'json'],
  ] as const)('may have %s', async (_case, text, format) => {
    expect(await listed(text, format)).toEqual(['@alice:example.org alice@example.org']);
  });

  it('loses only the cell that contains a quotation mark', async () => {
    const text = 'mxid,email\n@a:b,al"ice@example.org\n@bob:example.org,bob@example.org\n';
    expect(await listed(text)).toEqual(['@bob:example.org bob@example.org']);
  });

  it('may be the export of a spreadsheet: numbers as formulas, column names in any spelling', async () => {
    const text = 'Name;MXID;E-Mail;Phone (mobile)\nAnna;@anna:example.org;anna@example.org;="0170 1234567"\n';
    expect(await listed(text)).toEqual(['@anna:example.org anna@example.org', '@anna:example.org 491701234567']);
  });

  it('reports which of its columns are not read', async () => {
    const path = join(folder, 'people.csv');
    await writeFile(path, 'mxid,email,Department,Telefax\n@anna:example.org,anna@example.org,sales,1\n');
    const lines: unknown[] = [];
    const context = testContext();
    const log = { ...context.log, info: (...line: readonly unknown[]) => void lines.push(line) };
    const source = await fileSource({ path, format: 'csv' }, { ...context, log });
    for (let time = 0; time < 2; time++) await source.find([], signal);
    expect(lines).toEqual([
      ['columns of the file are not read', { event: 'file_columns_not_read', columns: 'department, telefax' }],
    ]);
  });

  it('marks unlisted people', async () => {
    const { source } = await sourceOf(
      'mxid,email,unlisted\n@anna:example.org,anna@example.org,x\n@bob:example.org,bob@example.org,\n',
    );
    const known = await source.find([email('anna@example.org'), email('bob@example.org')], signal);
    expect(known.map((finding) => ('isUnlisted' in finding ? finding.isUnlisted : false))).toEqual([true, false]);
  });

  it('keeps both spellings of an address (LOOK-13)', async () => {
    const { source } = await sourceOf('mxid,email\n@anna:example.org,strauß@example.org\n');
    const people = new SourceDirectory(source, { name: 'people', media: ['email'] }, () => undefined);
    for await (const { entries } of people.list())
      expect(entries.map((entry) => entry.parse().person?.threepids)).toEqual([[email('strauß@example.org')]]);
  });

  it('may contain phone numbers as JSON numbers', async () => {
    const text = '[{"mxid":"@alice:example.org","msisdn":492215551234}]';
    expect(await listed(text, 'json')).toEqual(['@alice:example.org 492215551234']);
  });

  it.each([
    [
      'more cells than columns',
      'mxid,email\n@a:b,alice@example.org,x\n',
      'csv',
      /not valid CSV: CSV_RECORD_\w+ at line 2$/,
    ],
    [
      'truncated JSON',
      '[{"mxid":"@a:b","email":"alice@example.org"},{',
      'json',
      /not valid JSON, or it is incomplete$/,
    ],
    [
      'the first of two parts of its JSON',
      `[${'{"mxid":"@a:b","email":"alice@example.org"},'.repeat(3000)}`,
      'json',
      /not valid JSON, or it is incomplete$/,
    ],
    ['unquoted words in its JSON', '[alice@example.org]', 'json', /not valid JSON, or it is incomplete$/],
  ] as const)('that has %s is refused without quoting its content', async (_case, text, format, reason) => {
    const error = await listed(text, format).catch((thrown: unknown) => thrown);
    expect(error).toHaveProperty('message', expect.stringMatching(reason));
    expect(error).not.toHaveProperty('cause');
  });

  it.each([
    ['within an address', 'mxid,email\n@a:b.example,a@example.org\n@b:b.example,b@examp'],
    ['after an address that could be one', 'mxid,email\n@a:b.example,a@example.org\n@b:b.example,b@example.org'],
    ['within quotes that are closed', 'mxid,email\n@a:b.example,"a@example.org; b@example.org"'],
  ])('that ends %s, without a line end, is refused unless it always does', async (_case, text) => {
    await expect(listed(text)).rejects.toThrow('the file does not end with a line break');
    const path = join(folder, 'people.csv');
    const source = await fileSource({ path, format: 'csv', lastLineEnds: false }, testContext());
    expect(await source.find([email('a@example.org')], signal)).toHaveLength(1);
  });

  it.each(['\n', '\r\n', '\r', '\n\n  \n'])('may end its last line with %j', async (end) => {
    expect(await listed(`mxid,email${end}@a:b.example,a@example.org${end}`)).toHaveLength(1);
  });

  it('returns both users of an address of two people, so that the mirror finds it ambiguous', async () => {
    const text = 'mxid,email\n@alice:example.org,office@example.org\n@bob:example.org,office@example.org\n';
    expect(await listed(text)).toEqual([
      '@alice:example.org office@example.org',
      '@bob:example.org office@example.org',
    ]);
  });

  it('leaves out cells without an address', async () => {
    const text = 'mxid,email,msisdn,floor\n@alice:example.org,none,ext. 12,3\n,bob@example.org,,4\n';
    expect(await listed(text)).toEqual([]);
  });

  it.each([
    ['no columns with addresses', 'mxid,name\n@a:b,Alice\n', 'csv', 'begins with email or msisdn'],
    ['no content', '', 'csv', 'no column mxid'],
    ['an object instead of a list', '{}', 'json', 'a list of objects'],
    ['a nested list', `{"people":[${'{},'.repeat(40_000)}{}]}`, 'json', 'a list of objects'],
    ['no user in any object', '[{"user":"@a:b","email":"a@example.org"}]', 'json', 'has an mxid'],
    ['a list of texts', '["alice"]', 'json', 'a list of objects'],
  ] as const)('is refused with %s', async (_case, text, format, reason) => {
    await expect(listed(text, format)).rejects.toThrow(reason);
  });
});

describe('an address whose domain is in another alphabet', () => {
  it.each([
    ['info@xn--bcher-kva.example', 'info@bücher.example'],
    ['info@bücher.example', 'info@xn--bcher-kva.example'],
  ])('is also found in the other form: %s as %s (LOOK-13)', async (written, other) => {
    const { source } = await sourceOf(`mxid,email\n@info:example.org,${written}\n`);
    for (const asked of [email(written), email(other)]) {
      const invalid: string[] = [];
      const findings = findingsIn(await source.find([asked], signal), [asked], (reason) => invalid.push(reason));
      expect(findings).toEqual([{ threepid: asked, mxid: '@info:example.org' }]);
      expect(invalid).toEqual([]);
    }
  });

  it('is returned for both forms if both are queried, and is ambiguous if each form has another user', async () => {
    const { source } = await sourceOf(
      'mxid,email\n@a:example.org,i@xn--bcher-kva.example\n@b:example.org,i@bücher.example\n',
    );
    const asked = [email('i@bücher.example'), email('i@xn--bcher-kva.example')];
    const findings = findingsIn(await source.find(asked, signal), asked, () => undefined);
    const users = asked.map(
      (threepid) =>
        new Set(findings.flatMap((found) => (found.threepid === threepid && 'mxid' in found ? found.mxid : []))),
    );
    expect(users).toEqual([
      new Set(['@a:example.org', '@b:example.org']),
      new Set(['@a:example.org', '@b:example.org']),
    ]);
  });
});
