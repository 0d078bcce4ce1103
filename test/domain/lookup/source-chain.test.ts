import { beforeEach, describe, expect, it } from 'vitest';
import { AMBIGUOUS } from '../../../src/domain/associations/association.js';
import { type Answers, answersOf, askThreepids, firstAnswers } from '../../../src/domain/lookup/source-chain.js';
import { email, keyOf, msisdn } from '../../../src/domain/identifiers/threepid.js';
import type { ThreepidSource } from '../../../src/ports/threepid-source.js';
import { alice, bob, RecordingTelemetry } from '../../support/fakes.js';
import { FakeSource } from '../../support/sources.js';

const [a, b, c] = [email('a@example.org'), email('b@example.org'), msisdn('492215551234')];
const byKey = new Map([a, b, c].map((threepid) => [keyOf(threepid), threepid]));
const [keyA, keyB, keyC] = [keyOf(a), keyOf(b), keyOf(c)];

describe('the answer of a source chain', () => {
  let telemetry: RecordingTelemetry;
  beforeEach(() => {
    telemetry = new RecordingTelemetry();
  });

  const ask = (...sources: readonly ThreepidSource[]) =>
    firstAnswers([...byKey.keys()], sources, askThreepids(byKey), telemetry);

  it('is that of the earlier source', async () => {
    const answers = await ask(
      new FakeSource('first', [[a, alice]]),
      new FakeSource('second', [
        [a, bob],
        [b, bob],
      ]),
    );
    expect(answers).toEqual(
      new Map([
        [keyA, alice],
        [keyB, bob],
      ]),
    );
  });

  it('is counted by source and outcome for lookups of clients, and not for those of Islet itself', async () => {
    const broken = new FakeSource('broken');
    broken.failure = new Error('LDAP search failed');
    const answering = new FakeSource('first', [
      [a, alice],
      [b, AMBIGUOUS],
    ]);
    const sources = [broken, answering, { name: 'hashless', find: async () => [] }];
    await firstAnswers([...byKey.keys()], sources, askThreepids(byKey), telemetry, 'live');
    expect(telemetry.lookups).toEqual([
      'broken live failed 3',
      'first live found 1',
      'first live nobody 1',
      'first live ambiguous 1',
      'hashless live nobody 1',
    ]);
    await ask(...sources);
    await firstAnswers(['hash'], sources, () => undefined, telemetry, 'hash');
    expect(telemetry.lookups).toHaveLength(5);
  });

  it('is counted as that of the mirror if a source answers from it', async () => {
    const mirrored: ThreepidSource = {
      name: 'staff',
      find: async (_asked, _route, onMirror) => {
        onMirror?.();
        return [{ threepid: a, mxid: alice }];
      },
    };
    await firstAnswers([keyA], [mirrored], askThreepids(byKey), telemetry, 'live');
    expect(telemetry.lookups).toEqual(['staff mirror found 1']);
  });

  it('is looked up in later sources only if it is missing', async () => {
    const sources = [
      new FakeSource('first', [[a, alice]]),
      new FakeSource('second', [
        [b, bob],
        [c, bob],
      ]),
      new FakeSource('third'),
    ];
    await ask(...sources);
    expect(sources.map(({ asked }) => asked)).toEqual([[[keyA, keyB, keyC]], [[keyB, keyC]], []]);
  });

  it('is final without a user from a source for which the address is ambiguous', async () => {
    const later = new FakeSource('second', [[a, bob]]);
    const answers = await ask(new FakeSource('first', [[a, AMBIGUOUS]]), later);
    expect(answers).toEqual(new Map([[keyA, AMBIGUOUS]]));
    expect(later.asked).toEqual([[keyB, keyC]]);
  });

  it('comes from the other sources if one fails, which is logged', async () => {
    const broken = new FakeSource('broken', [[a, alice]]);
    broken.failure = new Error('LDAP search failed');
    expect(await ask(broken, new FakeSource('second', [[a, bob]]))).toEqual(new Map([[keyA, bob]]));
    expect(telemetry.counted).toEqual([{ name: 'source_failures', labels: { source: 'broken' } }]);
    expect(telemetry.lines).toEqual([
      { message: 'source failed, skipped', facts: { source: 'broken' }, cause: broken.failure },
    ]);
  });

  it('comes from the other sources if one fails before its first answer', async () => {
    const answers = await firstAnswers(
      [keyA],
      [new FakeSource('broken'), new FakeSource('second')],
      (source): Promise<Answers> => {
        if (source.name === 'broken') throw new TypeError('oh');
        return Promise.resolve(new Map([[keyA, bob]]));
      },
      telemetry,
    );
    expect(answers).toEqual(new Map([[keyA, bob]]));
  });

  it('skips sources that cannot answer', async () => {
    const answers = await firstAnswers(
      [keyA],
      [new FakeSource('first'), new FakeSource('second')],
      (source) => (source.name === 'first' ? undefined : Promise.resolve(new Map([[keyA, bob]]))),
      telemetry,
    );
    expect(answers).toEqual(new Map([[keyA, bob]]));
    expect(telemetry.counted).toEqual([]);
  });

  it('is never about an address that was not queried', async () => {
    const answers = await firstAnswers(
      [keyA],
      [new FakeSource('s')],
      async () =>
        new Map([
          [keyA, alice],
          [keyB, bob],
        ]),
      telemetry,
    );
    expect(answers).toEqual(new Map([[keyA, alice]]));
  });

  it('asks no source about an empty list', async () => {
    const source = new FakeSource('s');
    expect(await firstAnswers([], [source], askThreepids(byKey), telemetry)).toEqual(new Map());
    expect(source.asked).toEqual([]);
  });
});

describe('the findings of one source', () => {
  it.each([
    [
      'agree',
      [
        { threepid: a, mxid: alice },
        { threepid: a, mxid: alice },
      ],
      alice,
    ],
    [
      'disagree',
      [
        { threepid: a, mxid: alice },
        { threepid: a, mxid: bob },
      ],
      AMBIGUOUS,
    ],
    [
      'disagree, and one of which is repeated',
      [
        { threepid: a, mxid: alice },
        { threepid: a, mxid: bob },
        { threepid: a, mxid: alice },
      ],
      AMBIGUOUS,
    ],
    ['are ambiguous', [{ threepid: a, claimants: ['cn=a'] }], AMBIGUOUS],
    [
      'are ambiguous after an answer',
      [
        { threepid: a, mxid: alice },
        { threepid: a, claimants: [] },
      ],
      AMBIGUOUS,
    ],
    [
      'are ambiguous before an answer',
      [
        { threepid: a, claimants: [] },
        { threepid: a, mxid: alice },
      ],
      AMBIGUOUS,
    ],
  ])('that %s count as one answer for the address', (_case, findings, answer) => {
    expect(answersOf(findings)).toEqual(new Map([[keyA, answer]]));
  });

  it('do not mix media', () => {
    const mixed = { medium: 'msisdn' as const, address: a.address };
    expect(
      answersOf([
        { threepid: a, mxid: alice },
        { threepid: mixed, mxid: bob },
      ]),
    ).toEqual(
      new Map([
        [keyA, alice],
        [keyOf(mixed), bob],
      ]),
    );
  });
});
