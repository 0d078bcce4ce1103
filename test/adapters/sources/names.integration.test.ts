import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSource } from '../../../src/adapters/sources/file-source.js';
import { restSource } from '../../../src/adapters/sources/rest-source.js';
import { SourceDirectory } from '../../../src/adapters/sources/source-directory.js';
import { sqlSource } from '../../../src/adapters/sources/sql-source.js';
import type { Association, ThreepidSource } from '../../../src/source.js';
import { testContext } from '../../../src/testing.js';
import { startStandIn } from '../../support/stand-in.js';

const search = { name: ['displayName', '{givenName} {sn}'], attributes: ['department', 'sn'] };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-names-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** The search texts that the mirror would store, by user ID. */
async function textsOf(source: ThreepidSource, rules: typeof search | undefined = search) {
  const directory = new SourceDirectory(source, { name: 'hr', media: ['email'], search: rules }, () => undefined);
  const texts: Record<string, unknown> = {};
  for await (const { entries } of directory.list())
    for (const entry of entries) texts[entry.id] = entry.parse().person?.searchText;
  return texts;
}

async function inFile(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const EXPECTED = {
  '@anna:example.org': { name: 'Anna Müller', keywords: ['HR', 'Müller'] },
  '@bert:example.org': { name: 'Bert Berg', keywords: ['Berg'] },
  '@secret:example.org': undefined,
};

describe('the names of a source', () => {
  it('are read from the columns of a CSV file, in any spelling of the column names', async () => {
    const path = await inFile(
      'people.csv',
      `mxid,email,email2,Display name,Given_Name,SN,Department,Salary,unlisted
@anna:example.org,anna@example.org,a.mueller@example.org,Anna Müller,Anna,Müller,HR,5000,
@bert:example.org,bert@example.org,,,Bert,Berg,,6000,
@secret:example.org,secret@example.org,,Secret Service,,,,,x
`,
    );
    const source = await fileSource({ path, format: 'csv', search }, testContext());
    expect(await textsOf(source)).toEqual(EXPECTED);
    for await (const finding of source.all!(new AbortController().signal))
      expect(JSON.stringify(finding)).not.toContain('000');
    expect(await textsOf(await fileSource({ path, format: 'csv' }, testContext()), undefined)).toEqual({
      '@anna:example.org': undefined,
      '@bert:example.org': undefined,
      '@secret:example.org': undefined,
    });
  });

  it('are read from the properties of a JSON file', async () => {
    const rows = [
      {
        mxid: '@anna:example.org',
        email: 'anna@example.org',
        name: 'Anna Müller',
        department: ['HR'],
        surname: 'Müller',
      },
      { mxid: '@bert:example.org', email: 'bert@example.org', firstname: 'Bert', lastName: 'Berg' },
      { mxid: '@secret:example.org', email: 'secret@example.org', name: 'Secret Service', unlisted: true },
    ];
    const path = await inFile('people.json', JSON.stringify(rows));
    expect(await textsOf(await fileSource({ path, format: 'json', search }, testContext()))).toEqual(EXPECTED);
  });

  it('are read from the columns of a query', async () => {
    const file = join(folder, 'people.db');
    const db = new sqlite3.Database(file);
    await new Promise((resolve) => {
      db.exec(
        `create table people (mxid, mail, display_name, "given name", sn, department, photo);
         insert into people values ('@anna:example.org', 'anna@example.org', 'Anna Müller', 'Anna', 'Müller', 'HR', x'00'),
           ('@bert:example.org', 'bert@example.org', null, 'Bert', 'Berg', x'00', null);`,
        resolve,
      );
    });
    await new Promise((resolve) => db.close(resolve));
    const options = {
      place: { file },
      find: 'select mail as address, mxid from people where mail in (:addresses) and :medium = :medium',
      list: `select 'email' as medium, mail as address, * from people;`,
    };
    const source = await sqlSource({ ...options, search }, testContext());
    const { '@secret:example.org': _none, ...expected } = EXPECTED;
    expect(await textsOf(source)).toEqual(expected);
    await source.close?.();
  });

  it('are read from the listing of a service', async () => {
    const id = (value: string) => ({ type: 'mxid', value });
    const lookup = [
      {
        medium: 'email',
        address: 'anna@example.org',
        id: id('@anna:example.org'),
        display_name: 'Anna Müller',
        sn: 'Müller',
        department: 'HR',
      },
      { medium: 'email', address: 'bert@example.org', id: id('@bert:example.org'), givenName: 'Bert', sn: 'Berg' },
      { medium: 'email', address: 'secret@example.org', id: id('@secret:example.org'), name: 'Secret', unlisted: true },
    ];
    const service = await startStandIn((_request, response) => void response.end(JSON.stringify({ lookup })));
    const source = await restSource({ url: service.url, bulk: '/b', list: '/all', search }, testContext());
    expect(await textsOf(source)).toEqual(EXPECTED);
    await service.close();
  });

  it('are read from a custom source: the first name and the keywords of all rows', async () => {
    const association = (user: string, address: string, attributes?: unknown) =>
      ({ threepid: { medium: 'email', address }, mxid: `@${user}:example.org`, attributes }) as Association;
    const source: ThreepidSource = {
      find: async () => [],
      async *all() {
        yield association('anna', 'anna@example.org', { displayName: 'Anna Müller', sn: 'Müller' });
        yield association('anna', 'a@example.org', { displayName: 'A. M.', department: 'HR', salary: 5000 });
        yield association('bert', 'bert@example.org', 'Bert');
        yield association('kim', 'kim@example.org', { displayName: { first: 'Kim' }, sn: `K\u0000m`, department: 7 });
      },
    };
    expect(await textsOf(source)).toEqual({
      '@anna:example.org': { name: 'Anna Müller', keywords: ['Müller', 'A. M.', 'HR'] },
      '@bert:example.org': undefined,
      '@kim:example.org': { keywords: ['7'] },
    });
  });
});
