import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { loadConfig } from '../../../src/app/config/config.js';
import { closeSources, openSources } from '../../../src/app/wiring/open-sources.js';
import { BINDINGS } from '../../../src/domain/associations/binding.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { RecordingTelemetry } from '../../support/fakes.js';

let folder: string;
let recorded: RecordingTelemetry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-stages-'));
  recorded = new RecordingTelemetry();
  await writeFile(join(folder, 'people.csv'), 'mxid,email\n@alice:example.org,alice@example.org\n');
  await writeFile(join(folder, 'people.db'), '');
});

afterEach(() => rm(folder, { recursive: true }));

const module = (body: string) => writeFile(join(folder, 'hr.mjs'), body);

async function open(sources: string) {
  const file = join(folder, 'islet.yaml');
  await writeFile(file, `dataDir: data\nsources:\n${sources}`);
  return openSources(loadConfig({ file, env: {} }).config, new AxiosHttpClient(), recorded);
}

describe('the sources of a configuration', () => {
  it('are opened in its order, with a mirror if they can be listed and it is configured', async () => {
    await module('export default () => ({ find: async () => [], async *all() {} })');
    const configuredSources = await open(`
  - file: { name: people, path: people.csv }
  - file: { name: guests, path: people.csv, mirror: false }
  - bindings
  - sql: { name: table, file: people.db, find: "select 1 where 1 in (:addresses)", owns: false }
  - use: ./hr.mjs
    mirror: { every: 1h, maxShrink: 5% }
  - rest: { name: crm, url: "https://crm.example.org" }
  - synapse: { name: accounts, url: "postgres://db.example.org/synapse", homeserver: example.org }
`);
    expect(
      configuredSources.map((stage) =>
        stage === BINDINGS ? stage : [stage.source.name, stage.source.isAuthoritative, stage.mirror?.everyMs],
      ),
    ).toEqual([
      ['people', true, 300_000],
      ['guests', true, undefined],
      BINDINGS,
      ['table', false, undefined],
      ['hr', true, 3_600_000],
      ['crm', true, undefined],
      ['accounts', false, 300_000],
    ]);
    const [people] = configuredSources;
    if (people === BINDINGS || !people) throw new Error('people are no bindings');
    expect(await people.source.find([email('alice@example.org')])).toHaveLength(1);
    expect(recorded.all('source has no mirror: it answers only plain lookups')).toEqual(
      ['guests', 'table', 'crm'].map((source) => ({ source })),
    );
    await closeSources(configuredSources);
  });

  it('may include a missing file, which causes a warning', async () => {
    const file = join(folder, 'islet.yaml');
    await writeFile(file, 'server: { name: id }\nsources: [{ file: { name: people, path: late.csv } }]');
    const { config, warnings } = loadConfig({ file, env: {} });
    expect(warnings).toEqual([`source people: ${join(folder, 'late.csv')} does not exist`]);
    const [people] = await openSources({ ...config, dataDir: folder }, new AxiosHttpClient(), recorded);
    if (people === BINDINGS || !people) throw new Error('people are no bindings');
    await expect(people.source.find([email('alice@example.org')])).rejects.toThrow('ENOENT');
    await writeFile(join(folder, 'late.csv'), 'mxid,email\n@alice:example.org,alice@example.org\n');
    expect(await people.source.find([email('alice@example.org')])).toHaveLength(1);
  });

  it('are all closed again when one of them cannot be opened', async () => {
    await module(`export default ({ fails, mark }, { log }) => {
      if (fails) throw new Error('no licence');
      return { find: async () => [], close: () => log.info('closed') };
    }`);
    const failing = open(`
  - { use: ./hr.mjs, name: one }
  - { use: ./hr.mjs, name: two, with: { fails: true } }
`);
    await expect(failing).rejects.toThrow(/^source two, .*hr\.mjs, cannot be opened: no licence$/);
    expect(recorded.all('closed')).toEqual([{ source: 'one' }]);
  });
});
