import { afterEach, describe, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { UpstreamSource } from '../../../src/adapters/upstream/upstream-source.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { upstreamPepperContract } from '../../contracts/upstream-pepper.contract.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { type IdentityServer, misbehaviour, startIdentityServer } from '../../support/identity-server.js';

const http = new AxiosHttpClient();
const accessToken = 'syt_upstream';
const alice = email('alice@example.org');
const phone = msisdn('447700900123');
const unknown = email('nobody@example.org');
const rows = [
  ['email', 'alice@example.org', '@alice:partner.example'],
  ['msisdn', '447700900123', '@bob:partner.example'],
] as const;

const open: IdentityServer[] = [];
afterEach(async () => {
  for (const resource of open.splice(0)) await resource.close();
});

async function start(pepper = 'theirs') {
  const upstream = await startIdentityServer({ rows, accessToken });
  upstream.pepper = pepper;
  open.push(upstream);
  return upstream;
}

const telemetry = new RecordingTelemetry();
const sourceAt = (url: string, more: Partial<ConstructorParameters<typeof UpstreamSource>[0]> = {}) =>
  new UpstreamSource(
    { name: 'partner', url, timeLimitMs: 2000, accessToken, isFollowed: true, ...more },
    http,
    telemetry,
  );

const lookupsOf = (upstream: IdentityServer) => upstream.asked.filter(({ path }) => path.endsWith('/lookup'));
const hashesOf = (threepids: readonly Threepid[], pepper = 'theirs') =>
  threepids.map((threepid) => lookupHash(threepid, pepper));

upstreamPepperContract(async (pepper) => {
  const upstream = await start(pepper);
  const source = sourceAt(upstream.url);
  return {
    followed: source,
    change: (other) => void (upstream.pepper = other),
    break: (isBroken) => void (upstream.answer = isBroken ? misbehaviour.fault : undefined),
    lookUp: (under) => source.findHashes(under, hashesOf([alice], under)),
    close: async () => undefined,
  };
});

describe('a followed upstream', () => {
  it('returns the users of known hashes', async () => {
    const upstream = await start();
    const hashes = hashesOf([alice, unknown, phone]);
    expect(await sourceAt(upstream.url).findHashes('theirs', [...hashes, ...hashes])).toEqual(
      new Map([
        [hashes[0], '@alice:partner.example'],
        [hashes[2], '@bob:partner.example'],
      ]),
    );
    expect(lookupsOf(upstream)).toEqual([
      {
        method: 'POST',
        path: '/_matrix/identity/v2/lookup',
        authorization: 'Bearer syt_upstream',
        body: { algorithm: 'sha256', pepper: 'theirs', addresses: hashes },
      },
    ]);
  });

  it('receives only well-formed hashes', async () => {
    const upstream = await start();
    const odd = ['alice@example.org', 'alice@example.org email', '', `${'x'.repeat(42)}=`, 'x'.repeat(44)];
    expect(await sourceAt(upstream.url).findHashes('theirs', odd)).toEqual(new Map());
    expect(upstream.asked).toEqual([]);
  });

  it('receives no lookup with another pepper than its own', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url);
    expect(await source.findHashes('ours', hashesOf([alice], 'ours'))).toEqual(new Map());
    expect(lookupsOf(upstream)).toEqual([]);
    expect(await source.findHashes('theirs', hashesOf([alice]))).toHaveProperty('size', 1);
  });

  it('receives lookups with the former pepper as long as it answers, while clients still use that', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url);
    await source.current();
    Object.assign(upstream, { pepper: 'another', formerPepper: 'theirs' });
    expect(await source.current()).toBe('another');
    for (const pepper of ['theirs', 'another', 'theirs']) {
      expect(await source.findHashes(pepper, hashesOf([alice], pepper))).toHaveProperty('size', 1);
    }
    upstream.formerPepper = undefined;
    const before = upstream.asked.length;
    for (let time = 0; time < 3; time++) {
      expect(await source.findHashes('theirs', hashesOf([alice]))).toEqual(new Map());
    }
    expect(upstream.asked).toHaveLength(before + 1);
    expect(await source.findHashes('another', hashesOf([alice], 'another'))).toHaveProperty('size', 1);
  });

  it('receives no hashes if it is not followed', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url, { isFollowed: false });
    expect(await source.findHashes('theirs', hashesOf([alice]))).toEqual(new Map());
    expect(upstream.asked).toEqual([]);
  });

  it('that has changed its pepper misses once and then answers with the new one', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url);
    await source.current();
    upstream.pepper = 'another';
    let calls = 0;
    source.onChange(() => calls++);
    const missed = await Promise.all([1, 2, 3].map(() => source.findHashes('theirs', hashesOf([alice]))));
    expect(missed).toEqual([new Map(), new Map(), new Map()]);
    expect(calls).toBeGreaterThan(0);
    expect(await source.current()).toBe('another');

    const before = upstream.asked.length;
    expect(await source.findHashes('theirs', hashesOf([alice]))).toEqual(new Map());
    expect(upstream.asked).toHaveLength(before);
    expect(await source.findHashes('another', hashesOf([alice], 'another'))).toHaveProperty('size', 1);
  });

  it('that changes its pepper during a plain lookup is noticed as well', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url);
    await source.current();
    upstream.pepper = 'another';
    let calls = 0;
    source.onChange(() => calls++);
    expect(await source.find([alice])).toHaveLength(1);
    expect(calls).toBeGreaterThan(0);
  });

  it('that refuses its pepper has the answers dropped that it gave before', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url);
    await source.findHashes('theirs', hashesOf([alice]));
    let late: (() => void) | undefined;
    upstream.answer = (response) =>
      void (late = () => response.end('{"lookup_pepper":"theirs","algorithms":["sha256"]}'));
    const slow = source.current();
    await expect.poll(() => late).toBeDefined();
    upstream.answer = undefined;
    upstream.pepper = 'another';
    await source.findHashes('theirs', hashesOf([alice]));
    late?.();
    await slow;
    expect(await source.findHashes('another', hashesOf([alice], 'another'))).toHaveProperty('size', 1);
  });

  it('receives tens of thousands of hashes in chunks', async () => {
    const upstream = await start();
    const many = Array.from({ length: 12_001 }, (_, n) => email(`user${n}@example.org`));
    upstream.rows.push(...many.map(({ medium, address }, n) => [medium, address, `@u${n}:example.org`] as const));
    const source = sourceAt(upstream.url, { timeLimitMs: 20_000 });
    expect((await source.findHashes('theirs', hashesOf(many))).size).toBe(12_001);
    expect(lookupsOf(upstream)).toHaveLength(3);
  });

  it('has answers dropped about hashes that were not queried, and about invalid users', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url);
    await source.current();
    const [hash, other] = hashesOf([alice, unknown]) as [string, string];
    const answerWith = (mappings: object) =>
      (upstream.answer = (response) => void response.end(JSON.stringify({ mappings })));
    for (const user of ['alice', '@alice', '', null, 7, ['@alice:partner.example'], { mxid: '@a:b' }]) {
      answerWith({ [hash]: user });
      expect(await source.findHashes('theirs', [hash])).toEqual(new Map());
    }
    answerWith({
      [other]: '@eve:partner.example',
      __proto__: '@eve:partner.example',
      [hash]: '@alice:partner.example',
    });
    expect(await source.findHashes('theirs', [hash])).toEqual(new Map([[hash, '@alice:partner.example']]));
  });

  it.each([
    ['answers HTML', misbehaviour.html, /not a JSON object$/],
    ['answers an error of its proxy', misbehaviour.htmlError, /answered 502$/],
    ['fails', misbehaviour.fault, /answered 500 M_UNKNOWN$/],
    ['redirects', misbehaviour.redirect, /answered 302: redirects are not followed$/],
    ['never ends its answer', misbehaviour.endless, /larger than \d+ bytes$/],
    ['does not answer', misbehaviour.silent, /no answer within (1|0\.\d+) s$/],
    ['hangs up', misbehaviour.hangUp, /could not reach/],
    [
      'answers a list of mappings',
      (response: { end(text: string): unknown }) => void response.end('{"mappings":[]}'),
      /200, but /,
    ],
  ])(
    'that %s has failed within the limits and with a readable reason, and its pepper is unknown',
    async (_case, answer, reason) => {
      const upstream = await start();
      const source = sourceAt(upstream.url, { timeLimitMs: 1_000 });
      await source.current();
      upstream.answer = answer;
      for (const fail of [() => source.findHashes('theirs', hashesOf([alice])), () => source.current()]) {
        const error = await fail().then(String, String);
        expect(error).toMatch(reason);
        expect(error).toContain(upstream.url);
        expect(error).not.toMatch(/alice|syt_/);
      }
      upstream.answer = undefined;
      expect(await source.findHashes('theirs', hashesOf([alice]))).toHaveProperty('size', 1);
    },
  );

  it.each([
    ['that no client can use', { lookup_pepper: 'a b', algorithms: ['sha256'] }, /clients cannot use its pepper/],
    ['that is empty', { lookup_pepper: '', algorithms: ['sha256'] }, /clients cannot use its pepper/],
    ['of any length', { lookup_pepper: 'x'.repeat(257), algorithms: ['sha256'] }, /clients cannot use its pepper/],
    ['without hashes', { lookup_pepper: 'x', algorithms: ['none'] }, /does not support the algorithm sha256/],
    ['for an unknown algorithm', { lookup_pepper: 'x', algorithms: ['md5'] }, /no algorithm that Islet knows/],
  ])('with a pepper %s cannot be followed, and the reason is reported', async (_case, details, reason) => {
    const upstream = await start();
    upstream.answer = (response) => void response.end(JSON.stringify(details));
    const source = sourceAt(upstream.url);
    await expect(source.current()).rejects.toThrow(reason);
    const found = await source.findHashes('x', hashesOf([alice], 'x')).catch(() => new Map());
    expect(found).toEqual(new Map());
    expect(lookupsOf(upstream)).toEqual([]);
  });
});
