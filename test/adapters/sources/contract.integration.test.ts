import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { ResilientSource } from '../../../src/adapters/upstream/resilient-source.js';
import { UpstreamSource } from '../../../src/adapters/upstream/upstream-source.js';
import { MemoryHashIndex } from '../../support/memory/hash-index.js';
import { memoryStores } from '../../support/memory/stores.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { BindingsSource } from '../../../src/domain/bindings/bindings-source.js';
import { email, keyOf, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { Association, ThreepidSource } from '../../../src/source.js';
import { type SourceSamples, sourceContract } from '../../../src/testing.js';
import { threepidSourceContract } from '../../contracts/threepid-source.contract.js';
import { FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { startIdentityServer } from '../../support/identity-server.js';
import { sourceOf } from '../../support/ldap.js';
import { PEOPLE } from '../../support/people.js';
import { Slapd } from '../../support/slapd.js';

const samples: SourceSamples = {
  known: [
    ['email', 'alice@example.org', '@alice:example.org'],
    ['email', 'bob@example.org', '@bob:example.org'],
  ],
};

const rows = (): Association[] => samples.known.map(([, address, mxid]) => ({ threepid: email(address), mxid }));

/** A source of a few rows that violates some of its promises. */
const source = (more: Partial<ThreepidSource> = {}): ThreepidSource => ({
  find: async (asked) => rows().filter(({ threepid }) => keys(asked).has(keyOf(threepid))),
  async *all() {
    yield* rows();
  },
  ...more,
});

const keys = (asked: readonly Threepid[]) => new Set(asked.map(keyOf));

/** The promises that a source violates. */
async function broken(open: () => ThreepidSource): Promise<readonly string[]> {
  const tests: [string, () => Promise<void>][] = [];
  sourceContract(open, samples, { describe: (_name, body) => body(), it: (name, body) => tests.push([name, body]) });
  const failed: string[] = [];
  for (const [name, body] of tests) await body().catch(() => failed.push(name));
  return failed;
}

describe('the published contract', () => {
  it('is fulfilled by a correct source', async () => {
    expect(await broken(() => source())).toEqual([]);
  });

  it.each<[string, Partial<ThreepidSource>, string]>([
    ['does not know known threepids', { find: async () => [] }, 'returns the user of each known threepid'],
    ['returns more than requested', { find: async () => rows() }, 'answers several at once, and omits unknown ones'],
    [
      'answers one address at a time',
      { find: async (asked) => (asked.length > 1 ? [] : source().find(asked, new AbortController().signal)) },
      'answers several at once, and omits unknown ones',
    ],
    [
      'has a limit of ten',
      {
        find: async (asked, signal) => {
          if (asked.length > 10) throw new Error('too many');
          return source().find(asked, signal);
        },
      },
      'answers a thousand at once',
    ],
    [
      'lists addresses that are not canonical',
      {
        async *all() {
          yield* rows();
          yield { threepid: { medium: 'email', address: 'Carol@Example.org' }, mxid: '@carol:example.org' };
        },
      },
      'lists canonical threepids and full Matrix IDs, including the known ones',
    ],
    [
      'lists people whom it does not find',
      {
        async *all() {
          yield* rows();
          yield { threepid: email('carol@example.org'), mxid: '@carol:example.org' };
        },
      },
      'finds what it lists',
    ],
    ['lists nobody', { async *all() {} }, 'lists canonical threepids and full Matrix IDs, including the known ones'],
    [
      'cannot be closed',
      { close: () => Promise.reject(new Error('stuck')) },
      'returns an empty list for an empty list',
    ],
  ])('is violated by a source that %s', async (_case, more, promise) => {
    expect(await broken(() => source(more))).toContain(promise);
  });

  it('requires samples', () => {
    expect(() => sourceContract(() => source(), { known: [] })).toThrow(/at least one/);
  });
});

describe('our own bindings', () => {
  threepidSourceContract(async () => {
    const clock = new FakeClock();
    const { associations } = memoryStores(clock);
    const notAfter = clock.now() + 1000;
    for (const { threepid, mxid } of rows()) {
      const binding = { boundAt: clock.now(), notBefore: clock.now(), notAfter };
      await associations.bind({ threepid, mxid: mxid as Mxid, ...binding }, []);
    }
    return new BindingsSource(associations, new MemoryHashIndex(), clock);
  }, samples);
});

describe.each([
  ['v1', undefined],
  ['v2', 'syt_upstream'],
] as const)('an upstream with API %s', (_version, accessToken) => {
  threepidSourceContract(async () => {
    const upstream = await startIdentityServer({
      rows: samples.known.map((row) => [...row]),
      accessToken: 'syt_upstream',
    });
    const options = { name: 'partner', url: upstream.url, timeLimitMs: 5000, ...(accessToken && { accessToken }) };
    const upstreamPolicy = {
      hashed: false,
      forward: { media: ['email', 'msisdn'] },
      cache: { hitsMs: 300_000, negativeTtlMs: 60_000, entries: 100 },
    } as const;
    const upstreamSource = new UpstreamSource(options, new AxiosHttpClient(), new RecordingTelemetry());
    const asked = new ResilientSource(upstreamSource, upstreamPolicy, new FakeClock(), new RecordingTelemetry());
    return { find: (threepids) => asked.find(threepids), close: () => upstream.close() };
  }, samples);
});

describe('a directory', () => {
  let slapd: Slapd;

  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: PEOPLE });
  });

  afterAll(() => slapd?.stop());

  threepidSourceContract(
    () => {
      const directory = sourceOf(slapd);
      return { find: (threepids) => directory.find(threepids), close: () => directory.close() };
    },
    {
      known: [
        ['email', 'alice@example.org', '@alice:example.org'],
        ['email', 'a.archer@example.org', '@alice:example.org'],
        ['msisdn', '492215551234', '@alice:example.org'],
        ['email', 'dave@example.org', '@dave=20smith:example.org'],
      ],
      unknown: [['msisdn', '447700900123']],
    },
  );
});
