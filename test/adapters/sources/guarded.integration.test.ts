import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { GuardedSource } from '../../../src/adapters/sources/guarded-source.js';
import { SourceDirectory } from '../../../src/adapters/sources/source-directory.js';
import { fromModule } from '../../../src/adapters/sources/load-module.js';
import { loadingProblem } from '../../../src/adapters/sources/thrown-errors.js';
import { openSource } from '../../../src/adapters/sources/open-source.js';
import { ShutdownError } from '../../../src/domain/shared/errors.js';
import type { Medium } from '../../../src/domain/identifiers/threepid.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { ThreepidSource } from '../../../src/source.js';
import { testContext } from '../../../src/testing.js';
import { RecordingTelemetry } from '../../support/fakes.js';

const alice = email('alice@example.org');
const bob = email('bob@example.org');
const phone = msisdn('492215551234');
const settings = { name: 'hr', timeLimitMs: 50, media: ['email', 'msisdn'] as readonly Medium[], owns: true };
const never = new Promise<never>(() => undefined);

/** A source with any answer. */
const answering = (answer: unknown): ThreepidSource => ({ find: async () => answer as [] });

function guarded(source: ThreepidSource, more: Partial<typeof settings> = {}) {
  const recorded = new RecordingTelemetry();
  return { recorded, source: new GuardedSource(source, { ...settings, ...more }, recorded) };
}

describe('a guarded source', () => {
  it('returns the findings of the source', async () => {
    const { source, recorded } = guarded(
      answering([
        { threepid: alice, mxid: '@alice:example.org' },
        { threepid: bob, claimants: ['cn=a', 'cn=b'] },
      ]),
    );
    expect(await source.find([alice, bob, phone])).toEqual([
      { threepid: alice, mxid: '@alice:example.org' },
      { threepid: bob, claimants: ['cn=a', 'cn=b'] },
    ]);
    expect(source).toMatchObject({ name: 'hr', isAuthoritative: true });
    expect(recorded.lines).toEqual([]);
  });

  it('accepts an answer in another spelling', async () => {
    const invalid = { medium: 'email', address: 'ALICE@example.org' } as const;
    const { source } = guarded(answering([{ threepid: invalid, mxid: '@alice:example.org' }]));
    expect(await source.find([alice])).toEqual([{ threepid: alice, mxid: '@alice:example.org' }]);
  });

  it.each([
    [
      'an address that was not requested',
      { threepid: bob, mxid: '@bob:example.org' },
      'an address that was not asked for',
    ],
    ['a user name that is not a Matrix ID', { threepid: alice, mxid: 'alice' }, 'a finding without a valid Matrix ID'],
    ['no user', { threepid: alice }, 'a finding without a valid Matrix ID'],
    [
      'an address without its medium',
      { threepid: 'alice@example.org', mxid: '@a:b' },
      'a finding without a valid threepid',
    ],
    ['an empty value', null, 'a finding without a valid threepid'],
  ])('leaves out %s and reports it once, without the address', async (_case, invalid, reason) => {
    const { source, recorded } = guarded(answering([invalid, { threepid: phone, mxid: '@alice:example.org' }]));
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await source.find([alice, phone])).toEqual([{ threepid: phone, mxid: '@alice:example.org' }]);
    }
    expect(recorded.lines.map(({ facts }) => facts)).toEqual([{ source: 'hr', reason }]);
    expect(recorded.counted).toHaveLength(2);
  });

  it.each<[string, ThreepidSource, RegExp]>([
    ['with a text', answering('alice'), /did not return a list/],
    ['with a map', answering(new Map()), /did not return a list/],
    ['with nothing', answering(undefined), /did not return a list/],
    [
      'with far more than was requested',
      answering(Array.from({ length: 2000 }, () => ({}))),
      /returned 2000 findings for 1/,
    ],
    ['with an error', { find: () => Promise.reject(new Error('HR is closed')) }, /HR is closed/],
    [
      'with a synchronous error',
      {
        find: () => {
          throw new Error('HR is closed');
        },
      },
      /HR is closed/,
    ],
    [
      'with a rejection that is not an error',
      { find: () => Promise.reject('closed') },
      /it threw a value that is not an error: closed/,
    ],
    [
      'with an empty rejection',
      { find: () => Promise.reject(undefined) },
      /it threw a value that is not an error: undefined/,
    ],
    ['never', { find: () => never }, /no answer within 0.05 s/],
  ])('fails for a source that answers %s', async (_case, source, reason) => {
    await expect(guarded(source).source.find([alice])).rejects.toThrow(reason);
  });

  it('aborts a request whose answer is no longer needed', async () => {
    const signals: AbortSignal[] = [];
    const { source } = guarded({ find: (_threepids, signal) => (signals.push(signal), never) });
    await expect(source.find([alice])).rejects.toThrow('no answer');
    expect(signals[0]?.aborted).toBe(true);
  });

  it('does not query a source that has a hundred requests in flight', async () => {
    let asked = 0;
    const { source } = guarded({ find: () => (asked++, never) }, { timeLimitMs: 10 });
    await Promise.allSettled(Array.from({ length: 100 }, () => source.find([alice])));
    await expect(source.find([alice])).rejects.toThrow(/unanswered/);
    expect(asked).toBe(100);
  });

  it('passes copies to a source: whatever it does with them, the next source gets the original ones', async () => {
    const { source } = guarded({
      async find(asked) {
        for (const threepid of asked as unknown as { address: string }[]) threepid.address = 'mallory@example.org';
        return [
          { threepid: bob, mxid: '@bob:example.org' },
          ...(asked as Threepid[]).splice(0).map((threepid) => ({ threepid, mxid: '@m:example.org' })),
        ];
      },
    });
    const asked = [{ ...alice }, { ...bob }];
    expect(await source.find(asked)).toEqual([{ threepid: bob, mxid: '@bob:example.org' }]);
    expect(asked).toEqual([alice, bob]);
  });

  it('is queried only for its media', async () => {
    const asked: (readonly Threepid[])[] = [];
    const source: ThreepidSource = { find: async (threepids) => (asked.push(threepids), []) };
    const { source: emails } = guarded(source, { media: ['email'] });
    expect(await emails.find([phone])).toEqual([]);
    await emails.find([alice, phone]);
    expect(asked).toEqual([[alice]]);
  });

  it('closes a source, whatever its close function does', async () => {
    const { source, recorded } = guarded({ ...answering([]), close: () => Promise.reject(new Error('stuck')) });
    await source.close();
    expect(recorded.lines).toHaveLength(1);
  });
});

describe('the listing of a source', () => {
  const limits = { stallMs: 100, wholeMs: 10_000, most: 5000, memory: 0.99 };

  async function list(all: () => AsyncIterable<unknown>, media: readonly Medium[] = ['email', 'msisdn']) {
    const invalid: string[] = [];
    const own = { ...answering([]), all } as ThreepidSource;
    const listed = new SourceDirectory(own, { name: 'hr', media }, (reason) => invalid.push(reason), limits);
    return { ...(await entriesOf(listed)), invalid };
  }

  async function* values(...values: readonly unknown[]): AsyncGenerator<unknown> {
    yield* values;
  }

  it('has one entry for each Matrix ID, whatever the order', async () => {
    const rows = [
      { threepid: alice, mxid: '@alice:example.org' },
      { threepid: bob, mxid: '@bob:example.org' },
      { threepid: phone, mxid: '@alice:example.org' },
      { threepid: alice, mxid: '@alice:example.org' },
    ];
    const { people, stamps: digests } = await list(() => values(...rows));
    expect(people).toEqual([
      { mxid: '@alice:example.org', threepids: [phone, alice] },
      { mxid: '@bob:example.org', threepids: [bob] },
    ]);
    expect((await list(() => values(...rows.toReversed()))).stamps.toSorted()).toEqual(digests.toSorted());
  });

  it('has other digests when addresses change', async () => {
    const [first, other] = [alice, bob].map((threepid) => list(() => values({ threepid, mxid: '@a:example.org' })));
    expect((await first)?.stamps).not.toEqual((await other)?.stamps);
  });

  it('has canonical addresses', async () => {
    const threepid = { medium: 'email', address: 'Strauß@Example.org' };
    const { people } = await list(() => values({ threepid, mxid: '@s:example.org' }));
    expect(people).toEqual([{ mxid: '@s:example.org', threepids: [email('strauß@example.org')] }]);
  });

  it('skips invalid values', async () => {
    const good = { threepid: alice, mxid: '@alice:example.org' };
    const bad = { threepid: { medium: 'email', address: 'nobody' }, mxid: '@bob:example.org' };
    const { people, invalid } = await list(() => values(bad, good, { threepid: bob, mxid: 'bob' }));
    expect(people).toEqual([{ mxid: '@alice:example.org', threepids: [alice] }]);
    expect(invalid).toEqual(['a finding without a valid threepid', 'a finding without a valid Matrix ID']);
  });

  it('contains only the media of the source', async () => {
    const { people } = await list(() => values({ threepid: phone, mxid: '@alice:example.org' }), ['email']);
    expect(people).toEqual([{ mxid: '@alice:example.org', threepids: [] }]);
  });

  it.each<[string, () => AsyncIterable<unknown>, RegExp]>([
    [
      'breaks off',
      async function* () {
        yield { threepid: alice, mxid: '@a:b' };
        throw new Error('HR is closed');
      },
      /HR is closed/,
    ],
    [
      'stops',
      async function* () {
        yield { threepid: alice, mxid: '@a:b' };
        await never;
      },
      /its listing returned nothing/,
    ],
    [
      'never ends',
      async function* () {
        for (;;) yield { threepid: alice, mxid: '@a:b' };
      },
      /more than 5000/,
    ],
    ['is not a listing', () => 5 as never, /does not return an async iterable$/],
    [
      'is a promise of a listing',
      (async () => []) as never,
      /does not return an async iterable but a promise: declare it as `async \*all\(\)`/,
    ],
    [
      'ends with a rejection that is not an error',
      async function* () {
        yield* [];
        await Promise.reject(undefined);
      },
      /it threw a value that is not an error: undefined/,
    ],
    ['contains invalid values', () => values('alice', 'bob'), /its listing contains no valid association/],
  ])('fails if it %s', async (_case, all, reason) => {
    await expect(list(all)).rejects.toThrow(reason);
  });

  it.each<[string, () => AsyncIterable<unknown>]>([
    [
      'stops',
      async function* () {
        await never;
        yield* [];
      },
    ],
    [
      'never ends',
      async function* () {
        for (;;) yield { threepid: alice, mxid: '@a:b' };
      },
    ],
  ])('does not delay the end of Islet while it %s', async (_case, all) => {
    const own = { ...answering([]), all } as ThreepidSource;
    const settings = { name: 'hr', media: ['email'] as const };
    const listed = new SourceDirectory(own, settings, () => undefined, { ...limits, stallMs: 60_000, most: Infinity });
    const listing = entriesOf(listed);
    setImmediate(() => listed.abort());
    await expect(listing).rejects.toBeInstanceOf(ShutdownError);
    await expect(entriesOf(listed)).rejects.toBeInstanceOf(ShutdownError);
  });

  it('fails before it uses the memory that the server needs', async () => {
    const own = {
      ...answering([]),
      all: () => values(...Array.from({ length: 1000 }, () => ({ threepid: alice, mxid: '@a:b' }))),
    };
    const settings = { name: 'hr', media: ['email'] as const };
    const listed = new SourceDirectory(own as ThreepidSource, settings, () => undefined, { ...limits, memory: 0 });
    await expect(entriesOf(listed)).rejects.toThrow('its listing needs more memory than is available');
  });
});

describe('the module of a source', () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  async function open(text: string | undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'islet-module-'));
    folders.push(folder);
    const file = join(folder, 'hr.mjs');
    if (text !== undefined) await writeFile(file, text);
    return openSource(
      fromModule(file),
      { answer: 1 },
      testContext('hr'),
      { ...settings, file },
      new RecordingTelemetry(),
    );
  }

  it('receives its options and creates a source', async () => {
    const opened = await open('export default async ({ answer }, { name }) => ({ find: async () => [answer, name] })');
    expect(opened.directory).toBeUndefined();
    expect(await opened.source.find([alice])).toEqual([]);
  });

  it('with a listing has a mirror', async () => {
    const { directory } = await open('export default () => ({ find: async () => [], async *all() {} })');
    expect(directory && (await entriesOf(directory)).people).toEqual([]);
  });

  it('may have its default export inside another one, as TypeScript compiles it for CommonJS', async () => {
    const { source } = await open('export default { __esModule: true, default: () => ({ find: async () => [] }) }');
    expect(await source.find([alice])).toEqual([]);
  });

  it('that cannot be loaded is explained, with a remedy for imports that Node.js rejects', () => {
    const syntax = new SyntaxError('Unexpected end of input');
    syntax.stack =
      'SyntaxError: Unexpected end of input\n    at compileSourceTextModule (node:internal/modules/esm/utils:346:16)';
    expect(loadingProblem(syntax)).toMatch(/^Unexpected end of input: `node --check` shows the line/);
    expect(loadingProblem(new SyntaxError('Unexpected token in JSON'))).toBe('Unexpected token in JSON');
    const code = 'ERR_UNKNOWN_FILE_EXTENSION';
    const typescript = Object.assign(new TypeError('Unknown file extension ".ts" for /etc/islet/hr.ts'), { code });
    expect(loadingProblem(typescript)).toMatch(/does not run TypeScript: compile the file with tsc.*\/hr\.ts$/);
  });

  it.each([
    ['does not exist', undefined, /Cannot find|does not exist|Failed to load/],
    ['is not JavaScript', 'export default (', /./],
    ['imports a missing package', 'import "no-such-package"; export default () => {}', /no-such-package/],
    ['fails when loaded', 'throw new Error("no licence")', /no licence/],
    ['exports nothing', 'export const hr = 1', /its default export is not a function/],
    ['fails when called', 'export default () => { throw new Error("with.url is missing") }', /with\.url is missing/],
    ['returns nothing', 'export default () => undefined', /did not return a source/],
    ['returns no find function', 'export default () => ({ all() {} })', /no function find/],
    [
      'returns an "all" that is not a function',
      'export default () => ({ find() {}, all: [] })',
      /"all" is not a function/,
    ],
  ])('that %s is refused with its name, its file and the reason', async (_case, text, reason) => {
    const failure: Error = await open(text).then(
      () => expect.fail('it was opened'),
      (error: Error) => error,
    );
    expect(failure.message).toMatch(/^source hr, .*\/hr\.mjs, cannot be opened: /);
    expect(failure.message).toMatch(reason);
  });
});

/** The entries of a listing, read like a mirror reads them. */
async function entriesOf(directory: SourceDirectory) {
  const [people, digests]: [unknown[], string[]] = [[], []];
  for await (const { entries } of directory.list()) {
    for (const entry of entries) {
      people.push(entry.parse().person);
      digests.push(entry.digest);
    }
  }
  return { people, stamps: digests };
}
