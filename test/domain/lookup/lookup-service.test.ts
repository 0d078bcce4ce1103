import { describe, expect, it } from 'vitest';
import { AMBIGUOUS } from '../../../src/domain/associations/association.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { SourceTrace } from '../../../src/ports/threepid-source.js';
import { alice, bob } from '../../support/fakes.js';
import { DAY_MS, openTestDomain } from '../../support/test-domain.js';
import { FakeSource } from '../../support/sources.js';

const [a, b, c] = [email('a@example.org'), email('b@example.org'), msisdn('492215551234')];

describe('the hash details', () => {
  it('contain the pepper and both algorithms (LOOK-1, LOOK-2)', async () => {
    const { lookupService } = await openTestDomain();
    const { pepper, algorithms } = lookupService.details();
    expect(pepper).toMatch(/^[a-zA-Z0-9]+$/);
    expect(algorithms).toEqual(['sha256', 'none']);
  });
});

describe.each(['sha256', 'none'])('a lookup by %s', (algorithm) => {
  const open = async (...sources: readonly FakeSource[]) => {
    const domain = await openTestDomain({ sources });
    const { pepper } = domain.lookupService.details();
    const entry = (threepid: Threepid) =>
      algorithm === 'sha256' ? lookupHash(threepid, pepper) : `${threepid.address} ${threepid.medium}`;
    return {
      ...domain,
      pepper,
      entry,
      find: (...threepids: readonly Threepid[]) => domain.lookupService.find(algorithm, pepper, threepids.map(entry)),
    };
  };

  it('answers with the queried values as keys, without unknown ones (LOOK-6, LOOK-9)', async () => {
    const { find, entry } = await open(
      new FakeSource('one', [
        [a, alice],
        [c, bob],
      ]),
    );
    expect(await find(a, b, c)).toEqual(
      new Map([
        [entry(a), alice],
        [entry(c), bob],
      ]),
    );
    expect(await find(b)).toEqual(new Map());
    expect(await find()).toEqual(new Map());
  });

  it('lets the earlier source win', async () => {
    const { find, entry } = await open(
      new FakeSource('one', [[a, alice]]),
      new FakeSource('two', [
        [a, bob],
        [b, bob],
      ]),
    );
    expect(await find(a, b)).toEqual(
      new Map([
        [entry(a), alice],
        [entry(b), bob],
      ]),
    );
  });

  it('ends at a source for which the address is ambiguous, without a result', async () => {
    const { find } = await open(new FakeSource('one', [[a, AMBIGUOUS]]), new FakeSource('two', [[a, bob]]));
    expect(await find(a)).toEqual(new Map());
  });

  it('skips a source that fails, and logs it', async () => {
    const broken = new FakeSource('broken', [[a, alice]]);
    broken.failure = new Error('gone');
    const { find, entry, telemetry } = await open(broken, new FakeSource('two', [[a, bob]]));
    expect(await find(a)).toEqual(new Map([[entry(a), bob]]));
    expect(telemetry.counted).toContainEqual({ name: 'source_failures', labels: { source: 'broken' } });
  });

  it('asks once for a repeated address, and later sources only for missing ones', async () => {
    const [first, second] = [new FakeSource('one', [[a, alice]]), new FakeSource('two')];
    const { find } = await open(first, second);
    await find(a, b, a, b);
    expect(first.asked.map((questions) => questions.length)).toEqual([2]);
    expect(second.asked.map((questions) => questions.length)).toEqual([1]);
  });

  it('asks our own bindings last', async () => {
    const domain = await open(new FakeSource('one', [[a, alice]]));
    await domain.bind(a, bob);
    await domain.bind(b, bob);
    expect(await domain.find(a, b)).toEqual(
      new Map([
        [domain.entry(a), alice],
        [domain.entry(b), bob],
      ]),
    );
  });

  it.each(['', 'sha1', 'SHA256', 'md5', 'none '])('refuses the algorithm "%s" (LOOK-8)', async (other) => {
    const { lookupService, pepper } = await open();
    await expect(lookupService.find(other, pepper, [])).rejects.toMatchObject({
      code: 'algorithm_unknown',
      details: {},
    });
  });

  it('accepts a pepper that only another instance has announced so far', async () => {
    const domain = await open();
    await domain.bind(a, alice);
    await domain.stores.peppers.add({ pepper: 'another', announcedFrom: domain.clock.now() + 1 }, domain.pepper);
    const entry = algorithm === 'sha256' ? lookupHash(a, 'another') : 'a@example.org email';
    expect(await domain.lookupService.find(algorithm, 'another', [entry])).toEqual(new Map([[entry, alice]]));
  });

  it('refuses a wrong pepper and returns the right one (LOOK-7)', async () => {
    const { lookupService, pepper } = await open();
    await expect(lookupService.find(algorithm, 'matrixrocks', [])).rejects.toMatchObject({
      code: 'pepper_unknown',
      details: { algorithm, lookup_pepper: pepper },
    });
  });

  it('accepts the previous pepper for a while (LOOK-12), and then returns the new one', async () => {
    const domain = await open();
    await domain.bind(a, alice);
    const old = domain.entry(a);
    domain.clock.pass(7 * DAY_MS);
    await domain.pepperService.rotateIfDue();
    const { pepper } = domain.lookupService.details();
    expect(pepper).not.toBe(domain.pepper);
    expect(await domain.lookupService.find(algorithm, domain.pepper, [old])).toEqual(new Map([[old, alice]]));

    domain.clock.pass(DAY_MS);
    await domain.pepperService.rotateIfDue();
    await expect(domain.lookupService.find(algorithm, domain.pepper, [old])).rejects.toMatchObject({
      details: { lookup_pepper: pepper },
    });
  });

  it('refuses more addresses than are allowed, and accepts the exact limit (LOOK-11)', async () => {
    const { lookupService, pepper } = await open();
    const entries = Array.from({ length: 100 }, (_, i) => `${i}`);
    expect(await lookupService.find(algorithm, pepper, entries)).toEqual(new Map());
    await expect(lookupService.find(algorithm, pepper, [...entries, 'more'])).rejects.toMatchObject({
      code: 'too_many_addresses',
    });
  });
});

describe('a plain lookup', () => {
  const find = async (entries: readonly string[], ...known: readonly (readonly [Threepid, typeof alice])[]) => {
    const source = new FakeSource('one', known);
    const { lookupService } = await openTestDomain({ sources: [source] });
    return { found: await lookupService.find('none', lookupService.details().pepper, entries), asked: source.asked };
  };

  it('answers with the entries exactly as they were sent, in any spelling (LOOK-9, LOOK-13)', async () => {
    const entries = ['Strauß@Example.ORG email', 'strauss@example.org email', '492215551234 msisdn'];
    const { found, asked } = await find(entries, [email('strauss@example.org'), alice], [c, bob]);
    expect(found).toEqual(
      new Map([
        [entries[0], alice],
        [entries[1], alice],
        [entries[2], bob],
      ]),
    );
    expect(asked).toEqual([['strauss@example.org email', '492215551234 msisdn']]);
  });

  it.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['no medium', 'a@example.org'],
    ['only a medium', 'email'],
    ['no address', ' email'],
    ['another medium', 'a@example.org msisdn'],
    ['an unknown medium', 'a@example.org fax'],
    ['a medium in capitals', 'a@example.org EMAIL'],
    ['two blanks', 'a@example.org  email'],
    ['a display name', 'A <a@example.org> email'],
    ['a number with a plus', '+492215551234 msisdn'],
    ['a hash', lookupHash(a, 'matrixrocks')],
    ['a lone surrogate', 'a\ud800@example.org email'],
  ])('does not match %s, and still answers the rest (LOOK-8)', async (_case, entry) => {
    const { found } = await find([entry, 'a@example.org email'], [a, alice]);
    expect(found).toEqual(new Map([['a@example.org email', alice]]));
  });

  it('asks no source if no entry is an address', async () => {
    expect((await find(['nonsense'], [a, alice])).asked).toEqual([]);
  });

  it('does not find hashes in a plain lookup, nor addresses in a hashed one', async () => {
    const { lookupService } = await openTestDomain({ sources: [new FakeSource('one', [[a, alice]])] });
    const { pepper } = lookupService.details();
    expect(await lookupService.find('none', pepper, [lookupHash(a, pepper)])).toEqual(new Map());
    expect(await lookupService.find('sha256', pepper, ['a@example.org email'])).toEqual(new Map());
  });
});

describe('a hashed lookup', () => {
  it('finds by the hash of the specification', async () => {
    const first = await openTestDomain();
    await first.stores.peppers.add(
      { pepper: 'matrixrocks', announcedFrom: first.clock.now() + 1 },
      first.pepperService.current(),
    );
    first.clock.pass(1);
    const domain = await openTestDomain({ sharedWith: first });
    await domain.bind(email('alice@example.com'), alice);
    const hash = '4kenr7N9drpCJ4AfalmlGQVsOn3o2RHjkADUpXJWZUc';
    expect(domain.lookupService.details().pepper).toBe('matrixrocks');
    expect(await domain.lookupService.find('sha256', 'matrixrocks', [hash])).toEqual(new Map([[hash, alice]]));
  });

  it('also finds hashes of clients that only lower-case (LOOK-13)', async () => {
    const domain = await openTestDomain();
    await domain.bind(email('Strauß@example.org'), alice);
    const { pepper } = domain.lookupService.details();
    const hashes = ['strauss@example.org', 'strauß@example.org'].map((address) =>
      lookupHash({ medium: 'email', address }, pepper),
    );
    expect(await domain.lookupService.find('sha256', pepper, hashes)).toEqual(
      new Map(hashes.map((hash) => [hash, alice])),
    );
  });

  it('skips sources without hashes', async () => {
    const plain = { name: 'plain', find: async () => [{ threepid: a, mxid: alice }] };
    const domain = await openTestDomain({ sources: [plain] });
    await domain.bind(a, bob);
    expect(await domain.hashed(a)).toBe(bob);
    expect(await domain.plain(a)).toBe(alice);
    expect(domain.telemetry.counted.filter(({ name }) => name === 'source_failures')).toEqual([]);
  });

  it('accepts any text as a hash', async () => {
    const { lookupService } = await openTestDomain();
    const entries = [
      '',
      ' ',
      '__proto__',
      'x'.repeat(10_000),
      '\ud800',
      '=====',
      '4kenr7N9drpCJ4AfalmlGQVsOn3o2RHjkADUpXJWZUc=',
    ];
    expect(await lookupService.find('sha256', lookupService.details().pepper, entries)).toEqual(new Map());
  });
});

describe('findUsers', () => {
  it('answers by key, without unknown or ambiguous addresses', async () => {
    const { lookupService } = await openTestDomain({
      sources: [
        new FakeSource('one', [
          [a, alice],
          [b, AMBIGUOUS],
        ]),
      ],
    });
    expect(await lookupService.findUsers([a, b, c, a])).toEqual(new Map([['a@example.org email', alice]]));
  });
});

describe('the owner of an address outside of a request', () => {
  it('is found without asking external sources about all addresses', async () => {
    const staff = new FakeSource('staff', [[a, alice]]);
    const upstream = new FakeSource('upstream', [[b, bob]], false, true);
    const { lookupService } = await openTestDomain({ sources: [staff, upstream] });
    expect(await lookupService.findUsersLocally([a, b, c])).toEqual(new Map([['a@example.org email', alice]]));
    expect(upstream.asked).toEqual([]);
  });

  it('is the result of a lookup: an external source before the answering one is asked only about this address', async () => {
    const upstream = new FakeSource('upstream', [[a, bob]], false, true);
    const { lookupService } = await openTestDomain({ sources: [upstream, new FakeSource('staff', [[a, alice]])] });
    expect(await lookupService.findUsersLocally([a, b])).toEqual(new Map([['a@example.org email', bob]]));
    expect(upstream.asked).toEqual([['a@example.org email']]);
  });
});

describe('the owner of an address', () => {
  const ownerOf = async (threepid: Threepid, ...sources: readonly FakeSource[]) =>
    (await openTestDomain({ sources })).lookupService.findAuthoritativeOwner(threepid);

  it.each<[string, FakeSource[], unknown]>([
    ['nobody if no source is authoritative', [new FakeSource('upstream', [[a, alice]])], undefined],
    [
      'nobody if the authoritative source does not have the address',
      [new FakeSource('staff', [[b, alice]], true)],
      undefined,
    ],
    ['the user whom the authoritative source has for it', [new FakeSource('staff', [[a, alice]], true)], alice],
    [
      'ambiguous if it is ambiguous in the authoritative source',
      [new FakeSource('staff', [[a, AMBIGUOUS]], true)],
      AMBIGUOUS,
    ],
    [
      'not the user of an earlier source that is not authoritative',
      [new FakeSource('upstream', [[a, bob]]), new FakeSource('staff', [[a, alice]], true)],
      alice,
    ],
    [
      'the user whom the first authoritative source has for it',
      [new FakeSource('staff', [[a, alice]], true), new FakeSource('guests', [[a, bob]], true)],
      alice,
    ],
    [
      'ambiguous if it is so in the first authoritative source, whatever a later one has',
      [new FakeSource('staff', [[a, AMBIGUOUS]], true), new FakeSource('guests', [[a, bob]], true)],
      AMBIGUOUS,
    ],
  ])('is %s', async (_case, sources, owner) => {
    expect(await ownerOf(a, ...sources)).toBe(owner);
  });

  it('is unknown if an authoritative source cannot be asked', async () => {
    const down = new FakeSource('staff', [], true);
    down.failure = new Error('gone');
    await expect(ownerOf(a, down, new FakeSource('guests', [[a, alice]], true))).rejects.toThrow('gone');
  });

  it('does not depend on sources that are not authoritative', async () => {
    const down = new FakeSource('upstream');
    down.failure = new Error('gone');
    expect(await ownerOf(a, down, new FakeSource('staff', [[a, alice]], true))).toBe(alice);
  });

  it('is not one of our own bindings', async () => {
    const domain = await openTestDomain();
    await domain.bind(a, alice);
    expect(await domain.lookupService.findAuthoritativeOwner(a)).toBeUndefined();
  });
});

describe('an explanation', () => {
  it('contains the answer of each source, also after the deciding one', async () => {
    const broken = new FakeSource('broken', [[a, bob]]);
    broken.failure = new Error('LDAP search failed');
    const sources = [
      broken,
      new FakeSource('empty'),
      new FakeSource('one', [[a, alice]]),
      new FakeSource('two', [[a, bob]]),
    ];
    const { lookupService } = await openTestDomain({ sources });

    const { threepid, mxid, sources: stages } = await lookupService.explain(a);
    expect(threepid).toEqual(a);
    expect(mxid).toBe(alice);
    expect(stages.map(({ source, outcome, decides }) => [source, outcome, decides])).toEqual([
      ['broken', 'failed', false],
      ['empty', 'unknown', false],
      ['one', 'answered', true],
      ['two', 'answered', false],
      ['bindings', 'unknown', false],
    ]);
    expect(stages[0]?.traces).toEqual([
      { via: 'live', finding: undefined, failure: 'LDAP search failed', tookMs: 0, notes: [] },
    ]);
    expect(stages[2]?.traces).toEqual([{ via: 'live', finding: { threepid: a, mxid: alice }, tookMs: 0, notes: [] }]);
  });

  it('is decided by an ambiguous source, without a user', async () => {
    const { lookupService } = await openTestDomain({
      sources: [new FakeSource('one', [[a, AMBIGUOUS]]), new FakeSource('two', [[a, bob]])],
    });
    const { mxid, sources } = await lookupService.explain(a);
    expect(mxid).toBeUndefined();
    expect(sources.map(({ outcome, decides }) => [outcome, decides])).toEqual([
      ['ambiguous', true],
      ['answered', false],
      ['unknown', false],
    ]);
  });

  it('has no deciding source if no source knows the address', async () => {
    const { mxid, sources } = await (await openTestDomain()).lookupService.explain(a);
    expect(mxid).toBeUndefined();
    expect(sources).toMatchObject([{ source: 'bindings', outcome: 'unknown', decides: false }]);
  });

  it.each<[string, readonly Partial<SourceTrace>[], string, unknown]>([
    [
      'uses the first way that works',
      [{ failure: 'down' }, { finding: { threepid: a, mxid: alice } }, { finding: { threepid: a, mxid: bob } }],
      'answered',
      alice,
    ],
    [
      'has no user if the first way that works does not know the address',
      [{}, { finding: { threepid: a, mxid: bob } }],
      'unknown',
      undefined,
    ],
    [
      'is ambiguous if the first way that works is',
      [{ finding: { threepid: a, claimants: [] } }, { finding: { threepid: a, mxid: bob } }],
      'ambiguous',
      undefined,
    ],
    ['has failed if every way failed', [{ failure: 'down' }, { failure: 'not synced yet' }], 'failed', undefined],
  ])('of a source that can answer in several ways %s', async (_case, traces, outcome, mxid) => {
    const complete = traces.map((trace) => ({ via: 'live', finding: undefined, tookMs: 1, notes: [], ...trace }));
    const source = { name: 'many', find: async () => [], explain: async () => complete };
    const explanation = await (await openTestDomain({ sources: [source] })).lookupService.explain(a);
    expect(explanation.sources[0]).toMatchObject({ source: 'many', outcome, traces: complete });
    expect(explanation.mxid).toBe(mxid);
  });

  it('of a source that fails contains the failure', async () => {
    const source = { name: 'odd', find: async () => [], explain: () => Promise.reject(new Error('no')) };
    const { sources } = await (await openTestDomain({ sources: [source] })).lookupService.explain(a);
    expect(sources[0]).toMatchObject({ outcome: 'failed', traces: [{ failure: 'no' }] });
  });

  it.each([
    ['answers', [[a, alice]] as const],
    ['has the address for several users', [[a, AMBIGUOUS]] as const],
    ['does not have the address', []],
  ])('agrees with the lookup if a source %s', async (_case, known) => {
    const domain = await openTestDomain({ sources: [new FakeSource('one', known), new FakeSource('two', [[a, bob]])] });
    expect((await domain.lookupService.explain(a)).mxid).toBe(await domain.plain(a));
    expect(await domain.hashed(a)).toBe(await domain.plain(a));
  });
});
