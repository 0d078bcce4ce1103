import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FederationClient, type FederationOptions } from '../../../src/adapters/matrix/federation-client.js';
import { HttpHomeserverKeys } from '../../../src/adapters/matrix/http-homeserver-keys.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { Ed25519Signer } from '../../../src/adapters/signing/ed25519-signer.js';
import type { DomainError } from '../../../src/domain/shared/errors.js';
import { DAY_MS } from '../../support/test-app.js';
import { homeserverKeysContract } from '../../contracts/homeserver-keys.contract.js';
import { FakeClock } from '../../support/fakes.js';
import { type StandIn, startStandIn } from '../../support/stand-in.js';

const MINUTE_MS = 60_000;

const firstSeed = new Uint8Array(32).fill(7);

/** Signs like the homeserver. */
const signer = new Ed25519Signer('example.org', [
  { keyId: 'ed25519:a_abc', seed: firstSeed },
  { keyId: 'ed25519:b', seed: new Uint8Array(32).fill(8) },
]);
const [first, second] = signer.keys.map(({ publicKey }) => publicKey) as [string, string];

describe('keys that homeservers publish', () => {
  homeserverKeysContract(async () => {
    const clock = new FakeClock();
    const current = new Ed25519Signer('example.org', [{ keyId: 'ed25519:current', seed: firstSeed }]);
    const statement = await current.sign({
      server_name: 'example.org',
      verify_keys: { 'ed25519:current': { key: first } },
      old_verify_keys: { 'ed25519:retired': { key: second, expired_ts: 1 } },
      valid_until_ts: clock.now() + DAY_MS,
    });
    const standIn = await startStandIn((_request, response) => response.end(JSON.stringify(statement)));
    const gone = await startStandIn(() => {});
    await gone.close();
    const homeservers = { 'example.org': { url: standIn.url }, 'silent.example.org': { url: gone.url } };
    const federation = new FederationClient(new AxiosHttpClient(), clock, { homeservers });
    return {
      keys: new HttpHomeserverKeys(federation, signer, clock, 2_000),
      homeserver: 'example.org',
      current: first,
      silent: 'silent.example.org',
      secrets: ['127.0.0.1', String(gone.port)],
      close: () => standIn.close(),
    };
  });
});

describe('HttpHomeserverKeys', () => {
  let clock: FakeClock;
  let homeserver: StandIn;
  /** The response of the homeserver: a number is a status, text is sent unchanged. */
  let says: object | number | string;

  const statement = (change: object = {}) => ({
    server_name: 'example.org',
    verify_keys: { 'ed25519:a_abc': { key: first } },
    old_verify_keys: { 'ed25519:b': { key: second, expired_ts: 1 } },
    valid_until_ts: clock.now() + DAY_MS,
    ...change,
  });
  const publish = async (change?: object) => {
    says = await signer.sign(statement(change));
  };
  const open = (known: object = {}, options: FederationOptions = {}) => {
    const homeservers = { 'example.org': { url: homeserver.url, ...known } };
    const federation = new FederationClient(new AxiosHttpClient(), clock, { homeservers, ...options });
    return new HttpHomeserverKeys(federation, signer, clock, 2_000);
  };
  const refusalOf = async (asked: Promise<unknown>) => (await asked.catch((error: unknown) => error)) as DomainError;

  beforeEach(async () => {
    clock = new FakeClock();
    await publish();
    homeserver = await startStandIn((_request, response) => {
      if (typeof says === 'number') response.writeHead(says).end('{}');
      else response.end(typeof says === 'string' ? says : JSON.stringify(says));
    });
  });
  afterEach(() => homeserver.close());

  it('returns the key that the homeserver itself publishes, requested without a trailing slash (FED-4, FED-6)', async () => {
    expect(await open().find('example.org', 'ed25519:a_abc')).toBe(first);
    expect(homeserver.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /_matrix/key/v2/server']);
  });

  it('sends no request for a homeserver whose keys are configured', async () => {
    const keys = open({ verifyKeys: { 'ed25519:pinned': second } });
    expect(await keys.find('example.org', 'ed25519:pinned')).toBe(second);
    expect(await keys.find('example.org', 'ed25519:a_abc')).toBeUndefined();
    expect(homeserver.seen).toHaveLength(0);
  });

  it('has no key that a homeserver has retired (FED-5)', async () => {
    expect(await open().find('example.org', 'ed25519:b')).toBeUndefined();
  });

  it.each(['constructor', '__proto__', 'toString', 'curve25519:x'])('has no key %s', async (keyId) => {
    expect(await open().find('example.org', keyId)).toBeUndefined();
  });

  it('sends one request for concurrent callers', async () => {
    const keys = open();
    await Promise.all(Array.from({ length: 5 }, () => keys.find('example.org', 'ed25519:a_abc')));
    expect(homeserver.seen).toHaveLength(1);
  });

  it.each([
    ['half the time that the keys are valid', DAY_MS, DAY_MS / 2],
    ['half a week at most', 365 * DAY_MS, 3.5 * DAY_MS],
  ])('caches keys for %s (FED-5)', async (_case, lifeMs, cachedMs) => {
    await publish({ valid_until_ts: clock.now() + lifeMs });
    const keys = open();
    await keys.find('example.org', 'ed25519:a_abc');
    clock.pass(cachedMs - 1);
    await keys.find('example.org', 'ed25519:a_abc');
    expect(homeserver.seen).toHaveLength(1);
    clock.pass(1);
    await publish();
    await keys.find('example.org', 'ed25519:a_abc');
    expect(homeserver.seen).toHaveLength(2);
  });

  it('uses the cached keys while a homeserver does not answer, until they expire', async () => {
    const keys = open();
    await keys.find('example.org', 'ed25519:a_abc');
    says = 503;
    clock.pass(DAY_MS - 1);
    expect(await keys.find('example.org', 'ed25519:a_abc')).toBe(first);
    clock.pass(1);
    expect((await refusalOf(keys.find('example.org', 'ed25519:a_abc'))).message).toMatch(/: 503$/);
  });

  it('requests a new key, once a minute (FED-5)', async () => {
    const keys = open();
    await keys.find('example.org', 'ed25519:a_abc');
    await publish({ verify_keys: { 'ed25519:a_abc': { key: first }, 'ed25519:b': { key: second } } });
    clock.pass(MINUTE_MS - 1);
    expect(await keys.find('example.org', 'ed25519:b')).toBeUndefined();
    clock.pass(1);
    expect(await keys.find('example.org', 'ed25519:b')).toBe(second);
    expect(await keys.find('example.org', 'ed25519:none')).toBeUndefined();
    expect(homeserver.seen).toHaveLength(2);
  });

  it('does not report a key as missing while the homeserver does not answer', async () => {
    const keys = open();
    await keys.find('example.org', 'ed25519:a_abc');
    says = 404;
    clock.pass(MINUTE_MS);
    const refusal = await refusalOf(keys.find('example.org', 'ed25519:b'));
    expect(refusal.code).toBe('homeserver_failed');
    expect(await keys.find('example.org', 'ed25519:a_abc')).toBe(first);
  });

  it('caches a failure for a minute', async () => {
    says = 404;
    const keys = open();
    await refusalOf(keys.find('example.org', 'ed25519:a_abc'));
    await publish();
    clock.pass(MINUTE_MS - 1);
    await refusalOf(keys.find('example.org', 'ed25519:a_abc'));
    expect(homeserver.seen).toHaveLength(1);
    clock.pass(1);
    expect(await keys.find('example.org', 'ed25519:a_abc')).toBe(first);
  });

  it('drops a cached failure when the clock is set back', async () => {
    says = 404;
    const keys = open();
    await refusalOf(keys.find('example.org', 'ed25519:a_abc'));
    await publish();
    clock.pass(-60 * MINUTE_MS);
    expect(await keys.find('example.org', 'ed25519:a_abc')).toBe(first);
  });

  it.each<[string, () => Promise<object | number | string>, string]>([
    ['another status', async () => 404, '404'],
    ['a redirect', async () => 302, '302'],
    ['a text that is not JSON', async () => '<html>', 'the answer is not JSON'],
    ['a list', async () => '[]', 'the answer is not JSON'],
    ['too large an answer', async () => 'x'.repeat(70_000), 'the answer is too large'],
    [
      'the keys of another server',
      () => signer.sign(statement({ server_name: 'example.com' })),
      'the answer is not valid: it contains the keys of another server',
    ],
    ['no signature', async () => statement(), 'the answer is not valid: it is not signed with its own keys'],
    [
      'the signature of a retired key',
      () => signer.sign(statement(), 'ed25519:b'),
      'the answer is not valid: it is not signed with its own keys',
    ],
    [
      'a signature of other data',
      async () => ({ ...(await signer.sign(statement())), valid_until_ts: clock.now() + 2 * DAY_MS }),
      'the answer is not valid: its signature is wrong',
    ],
    [
      'keys that expired yesterday',
      () => signer.sign(statement({ valid_until_ts: clock.now() })),
      'the answer is not valid: the keys have expired',
    ],
    [
      'no keys',
      () => signer.sign(statement({ verify_keys: [] })),
      'the answer is not valid: it contains no ed25519 key',
    ],
    [
      'no end of the validity',
      () => signer.sign(statement({ valid_until_ts: 'never' })),
      'the answer is not valid: it does not say how long the keys are valid',
    ],
  ])('refuses %s, with server and reason in the error', async (_case, answer, reason) => {
    says = await answer();
    const refusal = await refusalOf(open().find('example.org', 'ed25519:a_abc'));
    expect(refusal.code).toBe('homeserver_failed');
    expect(refusal.message).toBe(`could not fetch the signing keys of example.org: ${reason}`);
    // The queried address is only for the log.
    expect(refusal.message).not.toContain(String(homeserver.port));
  });

  it('logs which server it queried', async () => {
    says = 404;
    const refusal = await refusalOf(open().find('example.org', 'ed25519:a_abc'));
    expect((refusal.cause as Error).message).toContain(
      `127.0.0.1:${homeserver.port} -> GET /_matrix/key/v2/server -> 404`,
    );
  });

  it('refuses a homeserver that accepts no connections', async () => {
    const keys = open();
    await homeserver.close();
    const refusal = await refusalOf(keys.find('example.org', 'ed25519:a_abc'));
    expect(refusal.message).toBe('could not fetch the signing keys of example.org: it does not accept connections');
    homeserver = await startStandIn(() => {});
  });

  it('sends no request to homeservers that are not allowed', async () => {
    const refusal = await refusalOf(open({}, { allow: ['example.com'] }).find('example.net', 'ed25519:a'));
    expect(refusal.code).toBe('homeserver_not_allowed');
  });
});
