import { beforeEach, describe, expect, it } from 'vitest';
import { RateLimitedError } from '../../../src/adapters/upstream/circuit-breaker.js';
import {
  ResilientSource,
  type ExplainableSource,
  type UpstreamPolicy,
} from '../../../src/adapters/upstream/resilient-source.js';
import { firstAnswers } from '../../../src/domain/lookup/source-chain.js';
import { AMBIGUOUS, type Finding } from '../../../src/domain/associations/association.js';
import { SourceUnavailableError } from '../../../src/domain/shared/errors.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email, keyOf, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { FakeClock, RecordingTelemetry } from '../../support/fakes.js';

const [a, b, c] = [email('a@example.org'), email('b@example.org'), email('c@example.org')];
const phone = msisdn('447700900123');
const alice: Mxid = '@alice:partner.example';
const MINUTE_MS = 60_000;
const usual: UpstreamPolicy = {
  hashed: true,
  forward: { media: ['email', 'msisdn'] },
  cache: { hitsMs: 5 * MINUTE_MS, negativeTtlMs: MINUTE_MS, entries: 1000 },
};

/** An upstream that answers when the test says so. */
class Upstream implements ExplainableSource {
  readonly name = 'partner';
  readonly asked: (readonly string[])[] = [];
  readonly known = new Map<string, Mxid | typeof AMBIGUOUS | readonly string[]>();
  failure: Error | undefined;
  /** Each request waits for this. */
  gate: Promise<unknown> = Promise.resolve();
  isClosed = false;

  async probe() {
    await this.find([]);
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    this.asked.push(threepids.map(({ address }) => address));
    await this.gate;
    if (this.failure) throw this.failure;
    return threepids.flatMap((threepid): readonly Finding[] => {
      const known = this.known.get(keyOf(threepid));
      if (known === undefined || typeof known === 'symbol') return [];
      return [typeof known === 'string' ? { threepid, mxid: known } : { threepid, claimants: known }];
    });
  }

  async findHashes(pepper: string, hashes: readonly string[]) {
    return (await this.hashesUnder(pepper, hashes)) ?? new Map();
  }

  /** The pepper that it does not support. */
  stale = '';

  async hashesUnder(pepper: string, hashes: readonly string[]) {
    if (pepper === this.stale) return undefined;
    this.asked.push(hashes.map((hash) => `${pepper}/${hash}`));
    await this.gate;
    if (this.failure) throw this.failure;
    return new Map(
      hashes.flatMap((hash) => {
        const known = this.known.get(hash);
        return known === undefined || typeof known === 'object' ? [] : [[hash, known] as const];
      }),
    );
  }

  async explain(threepid: Threepid) {
    const [finding] = await this.find([threepid]);
    return [{ via: 'live', finding, tookMs: 7, notes: ['asked https://id.partner.example'] }];
  }

  close() {
    this.isClosed = true;
  }
}

let clock: FakeClock;
let recorded: RecordingTelemetry;
let upstream: Upstream;

beforeEach(() => {
  clock = new FakeClock();
  recorded = new RecordingTelemetry();
  upstream = new Upstream();
  upstream.known.set(keyOf(a), alice).set(keyOf(b), ['@x:a.example', '@y:b.example']).set('hash', alice);
});

const resilient = (upstreamPolicy: Partial<UpstreamPolicy> = {}) =>
  new ResilientSource(upstream, { ...usual, ...upstreamPolicy }, clock, recorded);
const counted = () => recorded.counted.map(({ name }) => name);

describe('an answer of an upstream', () => {
  it('is cached for minutes, and a missing one for a shorter time', async () => {
    const source = resilient();
    const first = await source.find([a, c]);
    expect(first).toEqual([{ threepid: a, mxid: alice }]);
    expect(await source.find([c, a])).toEqual(first);
    clock.pass(MINUTE_MS + 1);
    expect(await source.find([a, c])).toEqual(first);
    clock.pass(4 * MINUTE_MS);
    await source.find([a]);
    expect(upstream.asked).toEqual([['a@example.org', 'c@example.org'], ['c@example.org'], ['a@example.org']]);
  });

  it('that is ambiguous is cached no longer than a missing one', async () => {
    const source = resilient();
    upstream.known.set('ambiguous', AMBIGUOUS);
    for (const _time of [1, 2]) {
      expect(await source.find([b])).toMatchObject([{ claimants: ['@x:a.example', '@y:b.example'] }]);
      expect(await source.findHashes?.('pepper', ['ambiguous'])).toEqual(new Map([['ambiguous', AMBIGUOUS]]));
    }
    expect(upstream.asked).toHaveLength(2);
    clock.pass(MINUTE_MS + 1);
    upstream.known.set(keyOf(b), alice).set('ambiguous', alice);
    expect(await source.find([b])).toEqual([{ threepid: b, mxid: alice }]);
    expect(await source.findHashes?.('pepper', ['ambiguous'])).toEqual(new Map([['ambiguous', alice]]));
  });

  it('to a hash is cached for that pepper', async () => {
    const source = resilient();
    const ask = (pepper: string) => source.findHashes?.(pepper, ['hash', 'none']);
    expect(await ask('one')).toEqual(new Map([['hash', alice]]));
    expect(await ask('one')).toEqual(new Map([['hash', alice]]));
    await ask('two');
    expect(upstream.asked).toEqual([
      ['one/hash', 'one/none'],
      ['two/hash', 'two/none'],
    ]);
  });

  it('with a pepper that the upstream does not have yet is requested again, and is not a failure', async () => {
    const source = resilient();
    upstream.stale = 'new';
    for (let time = 0; time < 4; time++) expect(await source.findHashes?.('new', ['hash'])).toEqual(new Map());
    expect(source.problem()).toBeUndefined();
    upstream.stale = 'old';
    expect(await source.findHashes?.('new', ['hash'])).toEqual(new Map([['hash', alice]]));
  });

  it('that failed is requested again', async () => {
    const source = resilient();
    upstream.failure = new Error('down');
    await expect(source.find([a])).rejects.toThrow('down');
    upstream.failure = undefined;
    expect(await source.find([a])).toEqual([{ threepid: a, mxid: alice }]);
  });

  it('replaces an older one in a full cache', async () => {
    const source = resilient({ cache: { hitsMs: MINUTE_MS, negativeTtlMs: MINUTE_MS, entries: 2 } });
    await source.find([a, b, c]);
    await source.find([b, c]);
    await source.find([a]);
    expect(upstream.asked).toEqual([['a@example.org', 'b@example.org', 'c@example.org'], ['a@example.org']]);
  });

  it('is not cached if that is not configured', async () => {
    const source = resilient({ cache: undefined });
    await source.find([a]);
    await source.find([a]);
    expect(upstream.asked).toHaveLength(2);
  });

  it('is shared by concurrent lookups, for each address separately', async () => {
    const source = resilient({ cache: undefined });
    let open = (): void => undefined;
    upstream.gate = new Promise<void>((resolve) => (open = resolve));
    const questions = [source.find([a, b]), source.find([b, c, a]), source.find([a])];
    open();
    const [first, second, third] = await Promise.all(questions);
    expect(upstream.asked).toEqual([['a@example.org', 'b@example.org'], ['c@example.org']]);
    expect(second).toEqual(expect.arrayContaining([...(first ?? [])]));
    expect(third).toEqual([{ threepid: a, mxid: alice }]);
    await source.find([a]);
    expect(upstream.asked).toHaveLength(3);
  });

  it('that fails, fails for all concurrent lookups', async () => {
    const source = resilient();
    upstream.failure = new Error('down');
    const results = await Promise.allSettled([source.find([a]), source.find([a, c])]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('an upstream that fails', () => {
  const failing = async (source: ResilientSource, times: number) => {
    upstream.failure = new Error('could not reach https://id.partner.example');
    for (let time = 0; time < times; time++) await source.find([c]).catch(() => undefined);
    const { length } = upstream.asked;
    return () => upstream.asked.length - length;
  };

  it('three times in a row is not queried, and its state says until when and why', async () => {
    const source = resilient();
    const askedSince = await failing(source, 3);
    const until = new Date(clock.now() + 2000).toISOString();
    await expect(source.find([a])).rejects.toThrow(
      new SourceUnavailableError(
        `not asked before ${until}, because it failed 3 times in a row, most recently: could not reach https://id.partner.example`,
      ),
    );
    await expect(source.findHashes?.('pepper', ['hash'])).rejects.toThrow(SourceUnavailableError);
    expect(askedSince()).toBe(0);
    expect(source.problem()).toBe('could not reach https://id.partner.example');
  });

  it('now and then is still queried', async () => {
    const source = resilient();
    await failing(source, 2);
    upstream.failure = undefined;
    await source.find([a]);
    const askedSince = await failing(source, 2);
    await source.find([c]).catch(() => undefined);
    expect(askedSince()).toBe(1);
  });

  it('is tried with one request after a while, with increasing pauses up to a minute', async () => {
    const source = resilient();
    const askedSince = await failing(source, 3);
    const rests = [2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000);
    for (const [tries, openMs] of rests.entries()) {
      clock.pass(openMs - 1);
      await expect(source.find([c])).rejects.toThrow(SourceUnavailableError);
      expect(askedSince()).toBe(tries);
      clock.pass(1);
      const results = await Promise.allSettled([source.find([c]), source.find([a]), source.find([b])]);
      expect(
        results.map((result) => result.status === 'rejected' && result.reason instanceof SourceUnavailableError),
      ).toEqual([false, true, true]);
      expect(askedSince()).toBe(tries + 1);
    }
  });

  it('is used again once it answers; failure and recovery are each logged once', async () => {
    const source = resilient();
    await failing(source, 3);
    clock.pass(2000);
    await source.find([c]).catch(() => undefined);
    clock.pass(4000);
    upstream.failure = undefined;
    await source.find([a]);
    expect(await source.find([b])).toHaveLength(1);
    expect(source.problem()).toBeUndefined();
    expect(recorded.lines.map(({ message, facts }) => [message, facts])).toEqual([
      ['circuit opened: upstream failed, requests are paused', { source: 'partner' }],
      ['circuit closed: upstream answers again', { source: 'partner' }],
    ]);
    expect(counted()).toEqual(['upstream_circuit_opened', 'upstream_circuit_closed']);
  });

  it('answers from the cache while its circuit is open', async () => {
    const source = resilient();
    await source.find([a]);
    await source.findHashes?.('pepper', ['hash']);
    await failing(source, 3);
    expect(await source.find([a])).toEqual([{ threepid: a, mxid: alice }]);
    recorded.counted.length = 0;
    recorded.lines.length = 0;
    expect(await source.find([a, c])).toEqual([{ threepid: a, mxid: alice }]);
    expect(await source.findHashes?.('pepper', ['hash', 'other'])).toEqual(new Map([['hash', alice]]));
    expect(counted()).toEqual(['source_failures', 'source_failures']);
    expect(recorded.lines).toEqual([]);
    await expect(source.find([c])).rejects.toThrow(SourceUnavailableError);
  });

  it('for one of several addresses answers for the others, and the failure is logged', async () => {
    const source = resilient();
    let fail = (): void => undefined;
    upstream.gate = new Promise<void>((_, reject) => (fail = () => reject(new Error('down'))));
    const first = source.find([c]);
    await new Promise(setImmediate);
    upstream.gate = Promise.resolve();
    const second = source.find([a, c]);
    fail();
    await expect(first).rejects.toThrow('down');
    expect(await second).toEqual([{ threepid: a, mxid: alice }]);
    expect(recorded.all('source failed for some addresses')).toEqual([{ source: 'partner' }]);
  });

  it('is queried again after the clock was set back', async () => {
    const source = resilient();
    const askedSince = await failing(source, 3);
    clock.pass(-60 * MINUTE_MS);
    await source.find([c]).catch(() => undefined);
    expect(askedSince()).toBe(1);
  });

  it('is skipped by lookups without a log line for each', async () => {
    const source = resilient();
    await failing(source, 3);
    recorded.lines.length = 0;
    const next = { name: 'next', find: async () => [] };
    const asked: string[] = [];
    const ask = async (known: { name: string }) => {
      asked.push(known.name);
      if (known === source) await source.find([a]);
      return new Map([['a', alice]]);
    };
    expect(await firstAnswers(['a'], [source, next], ask, recorded)).toEqual(new Map([['a', alice]]));
    expect(asked).toEqual(['partner', 'next']);
    expect(recorded.lines).toEqual([]);
    expect(counted()).toContain('source_failures');
  });
});

describe('an upstream that limits requests', () => {
  const SAID = 'https://id.partner.example answered 429: requests are paused and continue in 30 s';

  it('is not queried until the time that it names, which is logged once and is not a failure', async () => {
    const source = resilient();
    upstream.failure = new RateLimitedError(SAID, 30_000);
    const next = { name: 'next', find: async () => [] };
    const ask = async (asked: { name: string }) => {
      if (asked === source) await source.find([c]);
      return new Map([['c', alice]]);
    };
    for (let time = 0; time < 3; time++) await firstAnswers(['c'], [source, next], ask, recorded);
    const until = new Date(clock.now() + 30_000).toISOString();
    await expect(source.find([c])).rejects.toThrow(
      new SourceUnavailableError(`not asked before ${until}, because it asked for fewer requests: ${SAID}`),
    );
    expect(source.problem()).toBe(SAID);
    expect(upstream.asked).toHaveLength(1);
    clock.pass(30_000);
    await firstAnswers(['c'], [source, next], ask, recorded);
    expect(upstream.asked).toHaveLength(2);
    clock.pass(30_000);
    upstream.failure = undefined;
    expect(await source.find([a])).toHaveLength(1);
    expect(source.problem()).toBeUndefined();
    expect(recorded.lines.map(({ message }) => message)).toEqual([
      'circuit opened: upstream asked for fewer requests',
      'circuit closed: upstream answers again',
    ]);
  });

  it.each([
    ['with a time of a day', 86_400_000, 600_000],
    ['with a time of zero', 0, 2000],
    ['without a time', undefined, 2000],
  ])('%s is queried again after a time that is reasonable for both', async (_case, waitMs, openMs) => {
    const source = resilient();
    upstream.failure = new RateLimitedError(SAID, waitMs);
    await expect(source.find([c])).rejects.toThrow(SourceUnavailableError);
    clock.pass(openMs - 1);
    await expect(source.find([c])).rejects.toThrow('not asked before');
    clock.pass(1);
    await expect(source.find([c])).rejects.toThrow(SAID);
  });

  it('is still paused when an earlier request is answered', async () => {
    const source = resilient();
    let open = (): void => undefined;
    upstream.gate = new Promise<void>((resolve) => (open = resolve));
    const before = source.find([a]);
    await new Promise(setImmediate);
    upstream.gate = Promise.resolve();
    upstream.failure = new RateLimitedError(SAID, 30_000);
    await expect(source.find([c])).rejects.toThrow(SourceUnavailableError);
    upstream.failure = undefined;
    open();
    expect(await before).toHaveLength(1);
    await expect(source.find([c])).rejects.toThrow('asked for fewer requests');
  });
});

describe('addresses that are forwarded to an upstream', () => {
  it.each([
    ['all addresses if nothing is configured', {}, 'anna@anywhere.example', true],
    ['a mail domain that is listed', { domains: ['example.org'] }, 'anna@example.org', true],
    ['a mail domain that is listed in other letters', { domains: ['Example.ORG'] }, 'Anna@eXample.org', true],
    ['no subdomain of a listed one', { domains: ['example.org'] }, 'anna@mail.example.org', false],
    ['a subdomain if the list has a wildcard', { domains: ['*.example.org'] }, 'anna@a.b.example.org', true],
    ['with a wildcard not the domain itself', { domains: ['*.example.org'] }, 'anna@example.org', false],
    ['no domain that only has the same ending', { domains: ['*.example.org'] }, 'anna@notexample.org', false],
    ['no excepted domain', { exceptDomains: ['example.org'] }, 'anna@EXAMPLE.org', false],
    [
      'no subdomain of an excepted wildcard',
      { domains: ['*.org'], exceptDomains: ['*.example.org'] },
      'anna@x.example.org',
      false,
    ],
    ['a domain that is not excepted', { exceptDomains: ['example.org'] }, 'anna@example.net', true],
    [
      'a domain in Unicode that is listed in punycode',
      { domains: ['xn--mnchen-3ya.example'] },
      'a@MÜNCHEN.example',
      true,
    ],
    [
      'a domain in punycode that is listed in Unicode',
      { domains: ['München.example'] },
      'a@xn--mnchen-3ya.example',
      true,
    ],
    [
      'no domain that is excepted in another spelling',
      { exceptDomains: ['*.straße.example'] },
      'a@x.strasse.example',
      false,
    ],
    [
      'no domain that is excepted in its folded form',
      { exceptDomains: ['strasse.example'] },
      'a@xn--strae-oqa.example',
      false,
    ],
    ['no addresses if the list is empty', { domains: [] }, 'anna@example.org', false],
  ] as const)('include %s', async (_case, lists, address, isForwarded) => {
    const source = resilient({ forward: { media: ['email', 'msisdn'], ...lists } });
    expect(await source.find([email(address), phone])).toEqual([]);
    expect(upstream.asked.flat()).toEqual([...(isForwarded ? [email(address).address] : []), phone.address]);
  });

  it('may be of one medium only', async () => {
    await resilient({ forward: { media: ['email'] } }).find([phone, a]);
    expect(upstream.asked).toEqual([['a@example.org']]);
  });
});

describe('the users that an upstream may return', () => {
  const homeservers = ['partner.example', 'b.example'];

  it('are those of the listed homeservers; other answers are dropped and counted', async () => {
    const source = resilient({ homeservers });
    upstream.known.set(keyOf(c), '@mallory:evil.example').set('evil', '@mallory:evil.example');
    expect(await source.find([a, c])).toEqual([{ threepid: a, mxid: alice }]);
    expect(await source.findHashes?.('p', ['hash', 'evil'])).toEqual(new Map([['hash', alice]]));
    expect(recorded.counted).toEqual(
      Array(2).fill({ name: 'upstream_answers_rejected', labels: { source: 'partner' } }),
    );
  });

  it('do not include an ambiguous address of which only one claimant is allowed', async () => {
    const source = resilient({ homeservers });
    upstream.known.set(keyOf(c), ['@x:evil.example', '@y:other.example']);
    expect(await source.find([b, c])).toEqual([{ threepid: b, claimants: ['@x:a.example', '@y:b.example'] }]);
  });
});

describe('the explanation of an upstream', () => {
  it('is that of the upstream itself', async () => {
    expect(await resilient().explain(a)).toEqual([
      { via: 'live', finding: { threepid: a, mxid: alice }, tookMs: 7, notes: ['asked https://id.partner.example'] },
    ]);
  });

  it('begins with the cached answer and its age', async () => {
    const source = resilient();
    await source.find([a, c]);
    const asOf = clock.now();
    clock.pass(30_000);
    expect(await source.explain(a)).toMatchObject([{ via: 'cache', finding: { mxid: alice }, asOf }, { via: 'live' }]);
    expect(await source.explain(c)).toMatchObject([{ via: 'cache', finding: undefined, asOf }, { via: 'live' }]);
  });

  it('says until when the upstream is not queried', async () => {
    const source = resilient();
    upstream.failure = new Error('down');
    for (let time = 0; time < 3; time++) await source.find([c]).catch(() => undefined);
    expect(await source.explain(a)).toMatchObject([
      {
        failure: expect.stringMatching(/^not asked before 2026-01-01T00:00:02.000Z, because it failed 3 times .*down$/),
      },
    ]);
    expect(upstream.asked).toHaveLength(3);
  });

  it.each([
    [{ exceptDomains: ['example.org'] }, 'not asked: forward.exceptDomains contains the mail domain'],
    [{ domains: ['example.net'] }, 'not asked: forward.domains does not contain the mail domain'],
    [{ media: ['msisdn'] }, 'not asked: forward.media does not contain email'],
  ] as const)('says why an address is not forwarded: %j', async (lists, note) => {
    const source = resilient({ forward: { ...usual.forward, ...lists } });
    expect(await source.explain(a)).toEqual([{ via: 'live', finding: undefined, tookMs: 0, notes: [note] }]);
    expect(upstream.asked).toEqual([]);
  });

  it('names the user whom the upstream may not return', async () => {
    expect(await resilient({ homeservers: ['b.example'] }).explain(a)).toMatchObject([
      {
        finding: undefined,
        notes: [expect.any(String), expect.stringMatching(/^answer ignored: it returned @alice:partner\.example /)],
      },
    ]);
  });
});

it('a resilient source answers no hashed lookups if its source does not or is not configured to, and closes it', async () => {
  const plain = { name: 'partner', find: async () => [], explain: async () => [], close: () => upstream.close() };
  const source = new ResilientSource(plain, usual, clock, recorded);
  expect(source.findHashes).toBeUndefined();
  expect(resilient({ hashed: false }).findHashes).toBeUndefined();
  await source.close();
  expect(upstream.isClosed).toBe(true);
});

describe('an upstream that failed', () => {
  it('is probed in the background during pauses, and recovers without a lookup', async () => {
    const source = resilient();
    await source.probe();
    expect(upstream.asked).toEqual([]);
    upstream.failure = new Error('it hangs');
    for (const threepid of [a, b, c]) await source.find([threepid]).catch(() => undefined);
    await source.probe();
    expect(upstream.asked).toHaveLength(3);

    clock.pass(MINUTE_MS);
    await source.probe();
    await source.probe();
    expect(upstream.asked.slice(3)).toEqual([[]]);
    expect(source.problem()).toBe('it hangs');

    upstream.failure = undefined;
    clock.pass(MINUTE_MS);
    await source.probe();
    expect(source.problem()).toBeUndefined();
    expect(await source.find([a])).toEqual([{ threepid: a, mxid: alice }]);
  });

  it('is paused only by failed lookups, so that a repaired upstream is used at once', async () => {
    const source = resilient();
    upstream.failure = new Error('there is no access token');
    await source.find([a]).catch(() => undefined);
    for (let times = 0; times < 5; times++) await source.probe();
    upstream.failure = undefined;
    expect(await source.find([a])).toEqual([{ threepid: a, mxid: alice }]);
  });
});
