import { describe, expect, it } from 'vitest';
import { lookupHash } from '../../../../src/domain/identifiers/lookup-hash.js';
import { email, msisdn } from '../../../../src/domain/identifiers/threepid.js';
import { DAY_MS, type TestApp } from '../../../support/test-app.js';
import { alice, bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const detailsOf = async (app: TestApp, token: string) =>
  (await app.call('GET', '/v2/hash_details', { token })).json as { lookup_pepper: string; algorithms: string[] };

/** Looks up like a client: first requests the pepper. */
async function lookUp(app: TestApp, body: Record<string, unknown>) {
  const token = await app.signIn(alice);
  const { lookup_pepper } = await detailsOf(app, token);
  return app.call('POST', '/v2/lookup', { token, body: { pepper: lookup_pepper, ...body } });
}

describe('lookup', () => {
  const app = useApp();

  it('returns pepper and algorithms to signed-in users, also with the token in the query (LOOK-1, LOOK-2)', async () => {
    const token = await app.signIn(alice);
    const { status, json } = await app.call('GET', `/v2/hash_details?access_token=${token}`);
    expect(status).toBe(200);
    expect(json).toEqual({ lookup_pepper: expect.stringMatching(/^[a-zA-Z0-9]+$/), algorithms: ['sha256', 'none'] });
  });

  it('returns users by hash and leaves out unknown ones (LOOK-3, LOOK-6)', async () => {
    await app.bind(email('bob@example.com'), bob);
    await app.bind(msisdn('491701234567'), alice);
    const token = await app.signIn(alice);
    const { lookup_pepper: pepper } = await detailsOf(app, token);
    const [first, second, unknown] = [email('bob@example.com'), msisdn('491701234567'), email('zoe@example.com')].map(
      (threepid) => lookupHash(threepid, pepper),
    );
    const body = { algorithm: 'sha256', pepper, addresses: [unknown, second, first, first] };
    const { status, json } = await app.call('POST', '/v2/lookup', { token, body });
    expect(status).toBe(200);
    expect(json).toEqual({ mappings: { [second ?? '']: alice, [first ?? '']: bob } });
  });

  it.for([
    ['no hashes', []],
    ['text that is not a hash', ['nonsense', '', ' ', '\ud800', '__proto__', 'x'.repeat(10_000)]],
  ] as const)('returns an empty object for %s (LOOK-6, LOOK-8)', async ([_case, addresses]) => {
    const sent = addresses.map((address) => address.toWellFormed());
    for (const algorithm of ['sha256', 'none']) {
      const { status, json } = await lookUp(app, { algorithm, addresses: sent });
      expect([status, json]).toEqual([200, { mappings: {} }]);
    }
  });

  it('uses the entries of the request as keys, byte for byte (LOOK-9)', async () => {
    await app.bind(email('strauß@example.com'), bob);
    const addresses = [
      'strauss@example.com email',
      'STRAUSS@Example.COM email',
      'Strauß@example.com email',
      'zoe@example.com email',
    ];
    const { json, text } = await lookUp(app, { algorithm: 'none', addresses });
    expect(json.mappings).toEqual(Object.fromEntries(addresses.slice(0, 3).map((address) => [address, bob])));
    expect(text).toContain('"STRAUSS@Example.COM email"');
  });

  it('answers plain entries from the directory and from bindings (LOOK-5)', async () => {
    app.directory.add(email('carol@example.com'), '@carol:example.org');
    await app.bind(email('bob@example.com'), bob);
    const addresses = ['carol@example.com email', 'bob@example.com email', 'bob@example.com', 'bob@example.com msisdn'];
    const { json } = await lookUp(app, { algorithm: 'none', addresses });
    expect(json.mappings).toEqual({ 'carol@example.com email': '@carol:example.org', 'bob@example.com email': bob });
  });

  it.for(['sha256', 'none'])('returns the current pepper for a wrong one, for %s (LOOK-7)', async (algorithm) => {
    const { lookup_pepper } = await detailsOf(app, await app.signIn(alice));
    const { status, json } = await lookUp(app, { algorithm, pepper: 'matrixrocks', addresses: [] });
    expect(status).toBe(400);
    expect(json).toEqual({ errcode: 'M_INVALID_PEPPER', error: expect.any(String), algorithm, lookup_pepper });
  });

  it('accepts the previous pepper for a while (LOOK-12)', async () => {
    const threepid = email('bob@example.com');
    await app.bind(threepid, bob);
    const token = await app.signIn(alice);
    const { lookup_pepper: before } = await detailsOf(app, token);
    app.clock.pass(7 * DAY_MS);
    await app.pepperService.rotateIfDue();
    expect((await detailsOf(app, token)).lookup_pepper).not.toBe(before);
    const hash = lookupHash(threepid, before);
    const { json } = await app.call('POST', '/v2/lookup', {
      token,
      body: { algorithm: 'sha256', pepper: before, addresses: [hash] },
    });
    expect(json).toEqual({ mappings: { [hash]: bob } });
  });

  it.for([
    ['an unknown algorithm', { algorithm: 'md5', addresses: [] }, 'M_INVALID_PARAM'],
    ['no algorithm', { addresses: [] }, 'M_MISSING_PARAMS'],
    ['no addresses', { algorithm: 'sha256' }, 'M_MISSING_PARAMS'],
    [
      'no pepper, also for the algorithm none',
      { algorithm: 'none', pepper: undefined, addresses: [] },
      'M_MISSING_PARAMS',
    ],
    ['a number as a pepper', { algorithm: 'none', pepper: 1, addresses: [] }, 'M_INVALID_PARAM'],
    ['one address without a list', { algorithm: 'none', addresses: 'a@example.com email' }, 'M_INVALID_PARAM'],
    ['addresses in an object', { algorithm: 'none', addresses: { 0: 'a', length: 1 } }, 'M_INVALID_PARAM'],
    ['a number among the addresses', { algorithm: 'sha256', addresses: ['a', 1] }, 'M_INVALID_PARAM'],
    ['lists in the list', { algorithm: 'sha256', addresses: [['a']] }, 'M_INVALID_PARAM'],
    ['null in the list', { algorithm: 'none', addresses: [null] }, 'M_INVALID_PARAM'],
  ] as const)('refuses %s (LOOK-3, LOOK-8, LOOK-11)', async ([_case, body, errcode]) => {
    const { status, json } = await lookUp(app, body);
    expect(status).toBe(400);
    expect(json).toEqual({ errcode, error: expect.any(String) });
  });

  it('accepts 10,000 addresses and not one more (LOOK-11, G-15)', async () => {
    const hashes = (count: number) =>
      Array.from({ length: count }, (_, at) => lookupHash(email(`a${at}@example.com`), 'p'));
    const most = await lookUp(app, { algorithm: 'sha256', addresses: hashes(10_000) });
    expect([most.status, most.json]).toEqual([200, { mappings: {} }]);
    const more = await lookUp(app, { algorithm: 'sha256', addresses: hashes(10_001) });
    expect([more.status, more.json.errcode]).toEqual([400, 'M_TOO_LARGE']);
  });
});

describe('the limit of a lookup', () => {
  const app = useApp({ quotas: { lookup: { addressesPerUser: { amount: 10, windowMs: 60_000 } } } });

  it('counts addresses per user, and says when to retry (G-14)', async () => {
    const ask = async (user: typeof alice, count: number) => {
      const token = await app.signIn(user);
      const { lookup_pepper } = await detailsOf(app, token);
      // An address that occurs twice counts once.
      const addresses = Array.from({ length: count }, (_, at) => [`a${at}`, `a${at}`]).flat();
      const body = { algorithm: 'sha256', pepper: lookup_pepper, addresses };
      return app.call('POST', '/v2/lookup', { token, body });
    };
    expect((await ask(alice, 8)).status).toBe(200);
    const { status, json, headers } = await ask(alice, 3);
    expect(status).toBe(429);
    expect(json).toEqual({ errcode: 'M_LIMIT_EXCEEDED', error: expect.any(String), retry_after_ms: 60_000 });
    expect(headers.get('retry-after')).toBe('60');
    expect((await ask(alice, 2)).status).toBe(200);
    expect((await ask(bob, 10)).status).toBe(200);
    app.clock.pass(60_000);
    expect((await ask(alice, 10)).status).toBe(200);
  });
});

describe('a forged path', () => {
  const app = useApp();
  const asked: (readonly string[])[] = [];
  const upstream = {
    name: 'partner',
    isExternal: true,
    find: async (_threepids: unknown, viaPath: readonly string[] = []) => {
      asked.push(viaPath);
      return [];
    },
  };

  it('keeps no source from being queried, and still ends a circle', async () => {
    const { lookupService } = app.services;
    Object.assign(lookupService, { sources: [upstream] });
    const token = await app.signIn(alice);
    const ask = async (names: readonly string[]) => {
      const pepper = (await app.call('GET', '/v2/hash_details', { token })).json.lookup_pepper as string;
      const via = names.map((name) => `1.1 ${name} (Islet 0a1b2c3d)`).join(', ');
      const body = { algorithm: 'none', pepper, addresses: ['a@example.org email'] };
      await app.call('POST', '/v2/lookup', { token, body, headers: { via } });
      return asked.splice(0);
    };
    const invented = Array.from({ length: 50 }, (_, at) => `s${at}.example`);
    expect(await ask(invented)).toEqual([invented.slice(-4).map((name) => `${name} 0a1b2c3d`)]);
    expect(await ask([...invented, 'id.example.org', ...invented])).toEqual([]);
    expect(await ask([])).toEqual([[]]);
  });
});

describe('the path of a lookup through identity servers', () => {
  const app = useApp({ http: { identityServers: ['@partner:example.org'] } });
  const via = '1.1 id.partner.example (Islet 0a1b2c3d)';

  it('excludes sources only for a configured identity server, and only such servers learn where a pepper comes from', async () => {
    const paths: unknown[] = [];
    const find = app.services.lookupService.find.bind(app.services.lookupService);
    app.services.lookupService.find = (...given) => {
      paths.push(given[3]);
      return find(...given);
    };
    const partner = '@partner:example.org';
    for (const [user, viaHeader, path] of [
      [alice, null, ['id.partner.example 0a1b2c3d']],
      [partner, expect.stringContaining('Islet'), ['id.partner.example 0a1b2c3d']],
    ] as const) {
      const token = await app.signIn(user);
      const details = await app.call('GET', '/v2/hash_details', { token, headers: { via } });
      expect(details.headers.get('via')).toEqual(viaHeader);
      const body = { algorithm: 'none', pepper: details.json.lookup_pepper as string, addresses: [] };
      await app.call('POST', '/v2/lookup', { token, body, headers: { via } });
      expect(paths.pop()).toEqual(path);
    }
  });
});
