import { afterEach, describe, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { UpstreamSource } from '../../../src/adapters/upstream/upstream-source.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { Telemetry } from '../../../src/ports/telemetry.js';
import {
  misbehaviour,
  startIdentityServer,
  type IdentityServer,
  type IdentityServerOptions,
} from '../../support/identity-server.js';
import { createAuthority } from '../../support/tls.js';

const http = new AxiosHttpClient();
const accessToken = 'syt_upstream';
const alice = email('alice@example.org');
const phone = msisdn('447700900123');
const aliceRow = ['email', 'alice@example.org', '@alice:partner.example'] as const;
const phoneRow = ['msisdn', '447700900123', '@bob:partner.example'] as const;
const aliceFound = { threepid: alice, mxid: '@alice:partner.example' };
const phoneFound = { threepid: phone, mxid: '@bob:partner.example' };

const open: IdentityServer[] = [];
const counted: unknown[] = [];
const telemetry: Telemetry = {
  debug: () => expect.fail('the caller logs'),
  info: () => expect.fail('the caller logs'),
  warn: () => expect.fail('the caller logs'),
  error: () => expect.fail('the caller logs'),
  observe: () => expect.fail('the caller measures'),
  count: (...call) => void counted.push(call),
};

afterEach(async () => {
  counted.length = 0;
  for (const resource of open.splice(0)) await resource.close();
});

async function start(options: IdentityServerOptions = {}): Promise<IdentityServer> {
  const upstream = await startIdentityServer({ rows: [aliceRow, phoneRow], accessToken, ...options });
  open.push(upstream);
  return upstream;
}

const sourceAt = (url: string, more: Partial<ConstructorParameters<typeof UpstreamSource>[0]> = {}) =>
  new UpstreamSource({ name: 'partner', url, timeLimitMs: 2000, ...more }, http, telemetry);

const many = (count: number): readonly Threepid[] =>
  Array.from({ length: count }, (_, n) => email(`user${n}@example.org`));

describe.each([
  ['v1', undefined],
  ['v2', accessToken],
])('an upstream with API %s', (version, token) => {
  const by = token === undefined ? {} : { accessToken: token };
  const lookupsOf = (upstream: IdentityServer) => upstream.asked.filter(({ path }) => path.endsWith('lookup'));

  it('returns the users of known addresses', async () => {
    const upstream = await start();
    const found = await sourceAt(upstream.url, by).find([alice, email('nobody@example.org'), phone]);
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining([aliceFound, phoneFound]));
    expect(lookupsOf(upstream)).toHaveLength(1);
  });

  it('is queried for each address once and for nothing else', async () => {
    const upstream = await start();
    await sourceAt(upstream.url, by).find([alice, phone, { ...alice }]);
    const [asked] = lookupsOf(upstream);
    expect(asked).toEqual(
      version === 'v1'
        ? {
            method: 'POST',
            path: '/_matrix/identity/api/v1/bulk_lookup',
            authorization: undefined,
            body: {
              threepids: [
                ['email', 'alice@example.org'],
                ['msisdn', '447700900123'],
              ],
            },
          }
        : {
            method: 'POST',
            path: '/_matrix/identity/v2/lookup',
            authorization: 'Bearer syt_upstream',
            body: {
              algorithm: 'none',
              pepper: 'matrixrocks',
              addresses: ['alice@example.org email', '447700900123 msisdn'],
            },
          },
    );
  });

  it('is not queried if there is no address to query', async () => {
    const upstream = await start();
    expect(await sourceAt(upstream.url, by).find([])).toEqual([]);
    expect(upstream.asked).toEqual([]);
  });

  it('may have its base below the root', async () => {
    const upstream = await start();
    upstream.answer = misbehaviour.fault;
    await sourceAt(`${upstream.url}/identity/`, by)
      .find([alice])
      .catch(() => undefined);
    expect(upstream.asked[0]?.path).toMatch(/^\/identity\/_matrix\/identity\//);
  });

  it('is queried for thousands in one request, and for tens of thousands in several', async () => {
    const upstream = await start();
    upstream.rows.push(
      ...many(12_001).map(({ medium, address }, n) => [medium, address, `@u${n}:example.org`] as const),
    );
    const source = sourceAt(upstream.url, { ...by, timeLimitMs: 20_000 });
    expect(await source.find(many(5000))).toHaveLength(5000);
    expect(lookupsOf(upstream)).toHaveLength(1);
    expect(await source.find(many(12_001))).toHaveLength(12_001);
    expect(lookupsOf(upstream)).toHaveLength(4);
  });

  it('receives only a few requests at once', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url, { ...by, timeLimitMs: 20_000 });
    await source.find([phone]);
    const waiting: (() => void)[] = [];
    upstream.answer = (response) => void waiting.push(() => response.end('{"threepids":[],"mappings":{}}'));
    const finding = Promise.all(Array.from({ length: 40 }, () => source.find([alice])));
    for (let answered = 0; answered < 40; answered += 8) {
      await expect.poll(() => waiting.length, { interval: 100 }).toBe(8);
      for (const answer of waiting.splice(0)) answer();
    }
    expect(await finding).toEqual(Array.from({ length: 40 }, () => []));
  });

  it('may return an address in any case', async () => {
    const upstream = await start({ rows: [] });
    upstream.answer = (response, { path }) =>
      void response.end(
        JSON.stringify(
          path.endsWith('hash_details')
            ? { lookup_pepper: 'x', algorithms: ['none'] }
            : {
                threepids: [['email', 'Alice@Example.ORG', '@alice:partner.example']],
                mappings: { 'Alice@Example.ORG email': '@alice:partner.example' },
              },
        ),
      );
    expect(await sourceAt(upstream.url, by).find([alice])).toEqual([aliceFound]);
  });

  it('has answers dropped about addresses that were not queried, and about invalid users', async () => {
    const upstream = await start();
    const rows = [
      ['email', 'victim@example.org', '@eve:partner.example'],
      ['email', 'alice@example.org', 'alice'],
      ['email', 'alice@example.org', '@alice'],
      ['email', 'alice@example.org', null],
      ['email', 'alice@example.org', ['@alice:partner.example']],
      ['fax', 'alice@example.org', '@alice:partner.example'],
      ['email', 'not an address', '@alice:partner.example'],
      ['email', 7, '@alice:partner.example'],
      ['email'],
      [],
      null,
      'alice@example.org',
      ['msisdn', '447700900123', '@bob:partner.example', 'more'],
    ];
    const mappings = Object.fromEntries(
      rows.filter(Array.isArray).map(([medium, address, mxid]) => [`${String(address)} ${String(medium)}`, mxid]),
    );
    upstream.answer = (response, { path }) =>
      void response.end(
        JSON.stringify(
          path.endsWith('hash_details')
            ? { lookup_pepper: 'x', algorithms: ['none'] }
            : { threepids: rows, mappings: { ...mappings, '': '@a:b', ' ': '@a:b', __proto__: '@a:b' } },
        ),
      );
    expect(await sourceAt(upstream.url, by).find([alice, phone])).toEqual([phoneFound]);
  });

  it('with contradictory answers makes the address ambiguous', async () => {
    const upstream = await start();
    upstream.answer = (response, { path }) =>
      void response.end(
        JSON.stringify(
          path.endsWith('hash_details')
            ? { lookup_pepper: 'x', algorithms: ['none'] }
            : {
                threepids: [
                  aliceRow,
                  aliceRow,
                  ['email', 'ALICE@example.org', '@mallory:partner.example'],
                  phoneRow,
                  phoneRow,
                ],
                mappings: {
                  'alice@example.org email': '@alice:partner.example',
                  'ALICE@example.org email': '@mallory:partner.example',
                  '447700900123 msisdn': '@bob:partner.example',
                },
              },
        ),
      );
    const contested = { threepid: alice, claimants: ['@alice:partner.example', '@mallory:partner.example'] };
    expect(await sourceAt(upstream.url, by).find([alice, phone])).toEqual([contested, phoneFound]);
  });

  it.each([
    ['answers HTML', misbehaviour.html, /the answer of \S+ is not a JSON object$/],
    ['answers an error of its proxy', misbehaviour.htmlError, /answered 502$/],
    ['fails', misbehaviour.fault, /answered 500 M_UNKNOWN$/],
    ['redirects', misbehaviour.redirect, /answered 302: redirects are not followed$/],
    ['never ends its answer', misbehaviour.endless, /larger than \d+ bytes$/],
    ['sends one byte now and then', misbehaviour.drip, /no answer within 1 s$/],
    ['does not answer', misbehaviour.silent, /no answer within 1 s$/],
    ['hangs up', misbehaviour.hangUp, /could not reach/],
    ['answers a list', misbehaviour.notAnObject, /not a JSON object$/],
    ['answers with an empty body', misbehaviour.empty, /not a JSON object$/],
    [
      'answers with other JSON',
      (response: { end(text: string): unknown }) => void response.end('{}'),
      /answered 200, but /,
    ],
  ])('that %s has failed, with an error that names it and no address', async (_case, answer, reason) => {
    const upstream = await start();
    upstream.answer = answer;
    const error: unknown = await sourceAt(upstream.url, { ...by, timeLimitMs: 1_000 })
      .find([alice])
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(reason);
    expect(String(error)).toContain(upstream.url);
    expect(String(error)).not.toMatch(/alice|syt_/);
    expect(counted).toEqual([['upstream_failures', { source: 'partner' }]]);
  });

  it('that is not running has failed', async () => {
    const upstream = await start();
    await open.pop()?.close();
    await expect(sourceAt(upstream.url, by).find([alice])).rejects.toThrow(/^could not reach http:\/\/127/);
  });

  it('has one time limit for a lookup, however many requests wait', async () => {
    const upstream = await start();
    upstream.answer = misbehaviour.silent;
    const source = sourceAt(upstream.url, { ...by, timeLimitMs: 1_000 });
    const before = upstream.asked.length;
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => source.find([alice])));
    // Requests that waited for the first ones have no time left.
    expect(upstream.asked.length - before).toBeLessThan(25);
    const reasons = results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'found'));
    expect(reasons.filter((reason) => !/no answer within|too many lookups wait/.test(reason))).toEqual([]);
    upstream.answer = undefined;
    expect(await source.find([alice])).toEqual([aliceFound]);
  });

  it('is verified by its certificate, with the configured authority', async () => {
    const { ca, certificates } = createAuthority({ upstream: ['127.0.0.1'] });
    const upstream = await start({ certificate: certificates.upstream });
    expect(await sourceAt(upstream.url, { ...by, ca }).find([alice])).toEqual([aliceFound]);
    await expect(sourceAt(upstream.url, by).find([alice])).rejects.toThrow(/certificate is not trusted/);
  });

  it('is explained with its answer, or with the reason why there is none', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url, by);
    const notes = [
      expect.stringContaining(`asked ${upstream.url} by`),
      'its pepper is not used: it is asked with plain addresses only',
    ];
    expect(await source.explain(alice)).toEqual([
      { via: 'live', finding: aliceFound, tookMs: expect.any(Number), notes },
    ]);
    expect(await source.explain(email('nobody@example.org'))).toMatchObject([{ via: 'live', finding: undefined }]);
    upstream.answer = misbehaviour.fault;
    expect(await source.explain(alice)).toMatchObject([
      { via: 'live', finding: undefined, failure: `${upstream.url} answered 500 M_UNKNOWN` },
    ]);
  });
});

describe('an upstream with API v2', () => {
  const pathsOf = (upstream: IdentityServer) => upstream.asked.map(({ path }) => path.split('/').at(-1));

  it('is queried for its pepper once', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url, { accessToken });
    await Promise.all([source.find([alice]), source.find([phone])]);
    await source.find([alice]);
    expect(pathsOf(upstream)).toEqual(['hash_details', 'lookup', 'lookup', 'lookup']);
  });

  it('may change its pepper: it is read again, once for concurrent lookups', async () => {
    const upstream = await start();
    const source = sourceAt(upstream.url, { accessToken });
    await source.find([alice]);
    upstream.pepper = 'another';
    const found = await Promise.all([source.find([alice]), source.find([alice])]);
    expect(found).toEqual([[aliceFound], [aliceFound]]);
    expect(pathsOf(upstream).filter((path) => path === 'hash_details')).toHaveLength(2);
  });

  it('that refuses each pepper has failed, after one more attempt', async () => {
    const upstream = await start();
    upstream.answer = (response, { path }) =>
      void (path.endsWith('hash_details')
        ? response.end('{"lookup_pepper":"x","algorithms":["none"]}')
        : response.writeHead(400).end('{"errcode":"M_INVALID_PEPPER"}'));
    await expect(sourceAt(upstream.url, { accessToken }).find([alice])).rejects.toThrow(
      'answered 400 M_INVALID_PEPPER',
    );
    expect(pathsOf(upstream)).toEqual(['hash_details', 'lookup', 'hash_details', 'lookup']);
  });

  it('is queried by hash if it does not accept plain addresses', async () => {
    const upstream = await start();
    upstream.algorithms = ['sha256'];
    const found = await sourceAt(upstream.url, { accessToken }).find([alice, email('nobody@example.org')]);
    expect(found).toEqual([aliceFound]);
    expect(JSON.stringify(upstream.asked)).not.toContain('alice@');
  });

  it.each([
    ['an unknown algorithm', { lookup_pepper: 'x', algorithms: ['md5'] }],
    ['no algorithms', { lookup_pepper: 'x' }],
    ['an invalid pepper', { lookup_pepper: 'a b', algorithms: ['none'] }],
    ['no pepper', { algorithms: ['none'] }],
  ])('with %s has failed, and is queried again the next time', async (_case, details) => {
    const upstream = await start();
    const source = sourceAt(upstream.url, { accessToken });
    upstream.answer = (response) => void response.end(JSON.stringify(details));
    await expect(source.find([alice])).rejects.toThrow('its hash details cannot be used');
    upstream.answer = undefined;
    expect(await source.find([alice])).toEqual([aliceFound]);
  });

  it.each([
    [401, 'M_UNAUTHORIZED', 'rejects the access token'],
    [403, 'M_TERMS_NOT_SIGNED', 'requires that its terms of service are accepted'],
    [403, 'bad code: alice@example.org', 'answered 403'],
  ])('reports a remedy after %i %s', async (status, errcode, reason) => {
    const upstream = await start();
    upstream.answer = (response) => void response.writeHead(status).end(JSON.stringify({ errcode }));
    const source = sourceAt(upstream.url, { accessToken });
    await expect(source.find([alice])).rejects.toThrow(`${upstream.url} ${reason}`);
  });
});

it('an upstream without a URL is refused at once', () => {
  expect(() => sourceAt('id.partner.example')).toThrow('Invalid URL');
});

it('an upstream may repeat an answer, up to a limit', async () => {
  const upstream = await start();
  upstream.answer = (response) => void response.end(JSON.stringify({ threepids: Array(2000).fill(0) }));
  await expect(sourceAt(upstream.url).find([alice])).rejects.toThrow('returned 2000 users for 1');
});

it('an upstream is not authoritative: its answers do not prevent anyone from binding an address', () => {
  expect(sourceAt('https://id.partner.example')).toMatchObject({ name: 'partner', isAuthoritative: false });
});

describe('an upstream that limits requests', () => {
  const inHeader = (value: string) => ({ 'retry-after': value });
  it.each([
    ['in seconds', inHeader('7'), {}, 7000],
    ['in milliseconds', {}, { retry_after_ms: 1500 }, 1500],
    ['in both', inHeader('7'), { retry_after_ms: 1500 }, 1500],
    ['with a date that has passed', inHeader('Wed, 21 Oct 2015 07:28:00 GMT'), {}, undefined],
    ['without a time', {}, {}, undefined],
    ['with words', inHeader('soon'), { retry_after_ms: 'soon' }, undefined],
    ['with a negative number', inHeader('-5'), { retry_after_ms: -5 }, undefined],
  ])('says when it may be queried again %s', async (_case, headers, body, waitMs) => {
    const upstream = await start();
    upstream.answer = (response) =>
      void response.writeHead(429, headers).end(JSON.stringify({ errcode: 'M_LIMIT_EXCEEDED', ...body }));
    const finding = sourceAt(upstream.url).find([alice]);
    await expect(finding).rejects.toMatchObject({ name: 'RateLimitedError', waitMs });
    await expect(finding).rejects.toThrow(`${upstream.url} answered 429: requests are paused and continue`);
  });

  it('may name a date', async () => {
    const upstream = await start();
    const date = new Date(Date.now() + 120_000).toUTCString();
    upstream.answer = (response) => void response.writeHead(429, { 'retry-after': date }).end('<h1>Slow down</h1>');
    const { waitMs } = (await sourceAt(upstream.url)
      .find([alice])
      .catch((error: unknown) => error)) as { waitMs: number };
    expect(waitMs).toBeGreaterThan(60_000);
    expect(waitMs).toBeLessThanOrEqual(120_000);
  });
});
