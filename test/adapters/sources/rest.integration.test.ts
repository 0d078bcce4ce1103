import { afterEach, describe, expect, it } from 'vitest';
import { GuardedSource } from '../../../src/adapters/sources/guarded-source.js';
import { SourceDirectory } from '../../../src/adapters/sources/source-directory.js';
import { type RestOptions, restSource } from '../../../src/adapters/sources/rest-source.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { email, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { ThreepidSource } from '../../../src/source.js';
import { testContext } from '../../../src/testing.js';
import { threepidSourceContract } from '../../contracts/threepid-source.contract.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { type StandIn, startStandIn } from '../../support/stand-in.js';

const { signal } = new AbortController();

const users: Readonly<Record<string, object>> = {
  'alice@example.org': { type: 'mxid', value: '@alice:example.org' },
  'bob@example.org': { type: 'localpart', value: 'bob' },
  '492215551234': { type: 'mxid', value: '@alice:example.org' },
};

const open: StandIn[] = [];

afterEach(async () => {
  for (const resource of open.splice(0)) await resource.close();
});

/** A service as in the documentation of ma1sd, with a listing in addition; or one that always sends the same answer. */
async function service(always?: string | number): Promise<StandIn> {
  const standIn = await startStandIn((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const answered = (threepid: Threepid) =>
        users[threepid.address] ? { ...threepid, id: users[threepid.address] } : undefined;
      if (typeof always === 'number') return void response.writeHead(always, { location: '/elsewhere' }).end();
      if (always !== undefined) return void response.end(always);
      if (request.url === '/base/everybody') {
        const all = Object.keys(users).map((address) =>
          answered({ medium: address.includes('@') ? 'email' : 'msisdn', address }),
        );
        return void response.end(JSON.stringify({ lookup: all }));
      }
      const { lookup } = JSON.parse(body) as { lookup: Threepid | Threepid[] };
      if (Array.isArray(lookup) !== request.url?.endsWith('bulk')) return void response.writeHead(400).end();
      const found = Array.isArray(lookup) ? lookup.flatMap((threepid) => answered(threepid) ?? []) : answered(lookup);
      return void response.end(JSON.stringify(found ? { lookup: found } : {}));
    });
  });
  open.push(standIn);
  return standIn;
}

const optionsFor = ({ url }: StandIn, more: Partial<RestOptions> = {}): RestOptions => ({
  url: `${url}/base`,
  bulk: '/bulk',
  single: '/single',
  list: '/everybody',
  homeserver: 'example.org',
  ...more,
});

describe.each<[string, Partial<RestOptions>]>([
  ['with bulk and single requests', {}],
  ['with bulk requests only', { single: undefined }],
  ['with single requests only', { bulk: undefined, list: undefined }],
])('a service that is queried %s', (_case, more) => {
  threepidSourceContract(async () => restSource(optionsFor(await service(), more), testContext()), {
    known: [
      ['email', 'alice@example.org', '@alice:example.org'],
      ['email', 'bob@example.org', '@bob:example.org'],
      ['msisdn', '492215551234', '@alice:example.org'],
    ],
  });
});

describe('a service', () => {
  it('receives POST requests with the token, at its path', async () => {
    const standIn = await service();
    const source = await restSource(optionsFor(standIn, { accessToken: new RotatingSecret('syt_crm') }), testContext());
    await source.find([email('alice@example.org'), email('bob@example.org')], signal);
    expect(standIn.seen.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
      ['POST', '/base/bulk', 'Bearer syt_crm'],
    ]);
  });

  it('may answer with localparts only if a server name is configured', async () => {
    const source = await restSource(optionsFor(await service(), { homeserver: undefined }), testContext());
    const { found, invalid } = await guarded(source, 'alice@example.org', 'bob@example.org');
    expect(found).toEqual(['@alice:example.org']);
    expect(invalid).toEqual(['a finding without a valid Matrix ID']);
  });

  it.each([
    ['no content', '', 'is not JSON'],
    ['an HTML page', '<html>', 'is not JSON'],
    ['something else', '{"mappings":{}}', 'has no list "lookup"'],
    ['one result for a bulk request', '{"lookup":{}}', 'has no list "lookup"'],
    ['a redirect', 302, 'has status 302: redirects are not followed'],
    ['an error status', 500, 'has status 500'],
  ])('has failed if it answers with %s', async (_case, answer, reason) => {
    const source = await restSource(optionsFor(await service(answer)), testContext());
    await expect(source.find([email('a@b.c'), email('b@b.c')], signal)).rejects.toThrow(reason);
  });

  it.each([
    ['a list', '{"lookup":[]}'],
    ['an HTML page', '<html>'],
  ])('has failed if it answers with %s to a single request', async (_case, answer) => {
    const source = await restSource(optionsFor(await service(answer)), testContext());
    await expect(source.find([email('a@b.c')], signal)).rejects.toThrow('/single is');
  });

  it.each([
    ['@a:b.c', { type: 'MXID', value: '@a:b.c' }],
    ['@alice:example.org', { type: 'Localpart', value: 'Alice' }],
    [undefined, { type: 'uid', value: 'alice' }],
    [undefined, { type: 'localpart', value: '@alice:example.org' }],
    [undefined, '@alice:example.org'],
  ])('returns %s for the id %o', async (mxid, id) => {
    const lookup = [{ medium: 'email', address: 'A@b.c', id }];
    const source = await restSource(optionsFor(await service(JSON.stringify({ lookup }))), testContext());
    const { found } = await guarded(source, 'a@b.c', 'b@b.c');
    expect(found).toEqual(mxid === undefined ? [] : [mxid]);
  });

  it('with an invalid listing has failed, and does not count as empty', async () => {
    const lookup = [{ medium: 'email', address: 'a@b.c', mxid: '@a:b.c' }];
    const source = await restSource(optionsFor(await service(JSON.stringify({ lookup }))), testContext());
    const listed = new SourceDirectory(source, settings, () => undefined);
    await expect(listed.list().next()).rejects.toThrow('its listing contains no valid association');
  });

  it('with an invalid row is read without that row', async () => {
    const rows = [
      null,
      5,
      {},
      { medium: 'email', address: 'a@b.c' },
      { medium: 'email', address: 'a@b.c', id: 'alice' },
    ];
    const source = await restSource(optionsFor(await service(JSON.stringify({ lookup: rows }))), testContext());
    expect(await guarded(source, 'a@b.c', 'b@b.c')).toEqual({
      found: [],
      invalid: ['a finding without a valid threepid', 'a finding without a valid Matrix ID'],
    });
  });
});

const settings = { name: 'crm', timeLimitMs: 3000, media: ['email'] as const, owns: true };

/** The checked result for some addresses, and the warnings about the answer. */
async function guarded(source: ThreepidSource, ...addresses: readonly string[]) {
  const recorded = new RecordingTelemetry();
  const found = await new GuardedSource(source, settings, recorded).find(addresses.map(email));
  return {
    found: found.map((finding) => ('mxid' in finding ? finding.mxid : undefined)),
    invalid: recorded.lines.map(({ facts }) => facts?.['reason']),
  };
}
