import { describe, expect, it } from 'vitest';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { DAY_MS, type TestApp } from '../../../support/test-app.js';
import { alice, bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const client_secret = 'monkeys_are_GREAT';

/** A session for the address of Alice, validated or not. */
async function session(app: TestApp, isValidated = true, version = '/v2') {
  const token = await app.signIn(alice);
  const body = { client_secret, email: 'Alice@Example.com', send_attempt: 1 };
  const { sid } = (await app.call('POST', `${version}/validate/email/requestToken`, { token, body })).json;
  const proof = { sid, client_secret, token: app.mails.token };
  if (isValidated) await app.call('POST', '/v2/validate/email/submitToken', { token, body: proof });
  return { token, sid: sid as string };
}

const validated = (app: TestApp, token: string, query: Record<string, string>) =>
  app.call('GET', `/v2/3pid/getValidated3pid?${new URLSearchParams(query).toString()}`, { token });

const bind = (app: TestApp, token: string, body: object) => app.call('POST', '/v2/3pid/bind', { token, body });

describe('getValidated3pid', () => {
  const app = useApp();

  it('returns the validated address, and the time in ms (BIND-1, G-16)', async () => {
    const { token, sid } = await session(app);
    const validated_at = app.clock.now();
    app.clock.pass(60_000);
    const { status, json } = await validated(app, token, { sid, client_secret });
    expect([status, json]).toEqual([200, { medium: 'email', address: 'alice@example.com', validated_at }]);
  });
});

describe.each([
  ['getValidated3pid', (app: TestApp, token: string, body: Record<string, string>) => validated(app, token, body)],
  ['bind', (app: TestApp, token: string, body: object) => bind(app, token, { mxid: alice, ...body })],
] as const)('%s', (_name, ask) => {
  const app = useApp();

  it.for([
    ['an unknown sid', { sid: 'none' }, 404, 'M_NO_VALID_SESSION'],
    ['a wrong secret', { client_secret: 'apes' }, 404, 'M_NO_VALID_SESSION'],
    ['a malformed secret', { client_secret: 'a b' }, 400, 'M_INVALID_PARAM'],
    ['an empty sid', { sid: '' }, 400, 'M_INVALID_PARAM'],
  ] as const)('refuses %s (BIND-1, BIND-2, ID-3)', async ([_case, change, status, errcode]) => {
    const { token, sid } = await session(app);
    const answer = await ask(app, token, { sid, client_secret, ...change });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ errcode, error: expect.any(String) });
  });

  it('refuses a request without parameters and names all of them', async () => {
    const { status, json } = await ask(app, await app.signIn(alice), {});
    expect(status).toBe(400);
    expect(json).toEqual({ errcode: 'M_MISSING_PARAMS', error: 'Missing parameters: sid, client_secret' });
  });

  it('refuses an address that is not validated yet, and says what to do (BIND-1, BIND-2)', async () => {
    const { token, sid } = await session(app, false);
    const { status, json } = await ask(app, token, { sid, client_secret });
    expect([status, json.errcode]).toEqual([400, 'M_SESSION_NOT_VALIDATED']);
    expect(json.error).toMatch(/enter the code or follow the link/);
  });

  it('refuses a session 24 hours after the validation (BIND-1, BIND-2)', async () => {
    const { token, sid } = await session(app);
    app.clock.pass(DAY_MS + 1);
    const { status, json } = await ask(app, token, { sid, client_secret });
    expect([status, json.errcode]).toEqual([400, 'M_SESSION_EXPIRED']);
  });
});

describe('bind', () => {
  const app = useApp();

  it('returns the association, signed by the long-term key, and nothing more (BIND-2, BIND-3, BIND-5, BIND-7)', async () => {
    const { token, sid } = await session(app);
    const { status, json } = await bind(app, token, { sid, client_secret, mxid: alice });
    expect(status).toBe(200);
    const now = app.clock.now();
    expect(json).toEqual({
      address: 'alice@example.com',
      medium: 'email',
      mxid: alice,
      not_before: now,
      not_after: now + 100 * 365 * DAY_MS,
      ts: now,
      signatures: { 'id.example.org': { 'ed25519:1': expect.stringMatching(/^[A-Za-z0-9+/]{86}$/) } },
    });
    const { signer } = app.services;
    const signature = json.signatures['id.example.org']['ed25519:1'] as string;
    expect(await signer.verify(json, signature, signer.keys[0].publicKey)).toBe(true);
  });

  it('changes the next lookup (BIND-6), and may be repeated (BIND-9)', async () => {
    const { token, sid } = await session(app);
    expect((await bind(app, token, { sid, client_secret, mxid: alice })).status).toBe(200);
    expect((await bind(app, token, { sid, client_secret, mxid: alice })).status).toBe(200);
    const { lookup_pepper: pepper } = (await app.call('GET', '/v2/hash_details', { token })).json;
    const body = { algorithm: 'none', pepper, addresses: ['alice@example.com email'] };
    const { json } = await app.call('POST', '/v2/lookup', { token, body });
    expect(json.mappings).toEqual({ 'alice@example.com email': alice });
  });

  it.for([
    ['another user', bob, 403, 'M_UNAUTHORIZED'],
    ['the user ID in another case', '@Alice:example.org', 403, 'M_UNAUTHORIZED'],
    ['text that is not a user', 'alice', 400, 'M_INVALID_PARAM'],
    ['no user', undefined, 400, 'M_MISSING_PARAMS'],
    ['a number', 1, 400, 'M_INVALID_PARAM'],
  ] as const)('refuses to bind to %s (BIND-4)', async ([_case, mxid, status, errcode]) => {
    const { token, sid } = await session(app);
    const answer = await bind(app, token, { sid, client_secret, mxid });
    expect([answer.status, answer.json.errcode]).toEqual([status, errcode]);
    expect(await app.stores.associations.find([email('alice@example.com')])).toEqual([]);
  });

  it.for([
    ['assigns to another user', bob, { mxid: bob }],
    ['has for several users', 'ambiguous', {}],
  ] as const)('refuses to bind an address that a directory owns and %s', async ([_case, owner, details]) => {
    app.directory.add(email('alice@example.com'), owner);
    const { token, sid } = await session(app);
    const { status, json } = await bind(app, token, { sid, client_secret, mxid: alice });
    expect(status).toBe(400);
    expect(json).toEqual({ errcode: 'M_THREEPID_IN_USE', error: expect.stringMatching(/directory/), ...details });
  });

  it('refuses to bind while the directory cannot be queried', async () => {
    const { token, sid } = await session(app);
    app.directory.failure = new Error('connect ETIMEDOUT 10.0.0.7:636');
    const { status, json, text } = await bind(app, token, { sid, client_secret, mxid: alice });
    expect([status, json.errcode]).toEqual([503, 'M_UNKNOWN']);
    expect(text).not.toContain('10.0.0.7');
  });

  it('binds to any user in v1, from a form, if the session was requested without a user', async () => {
    const { sid } = await session(app, true, '/api/v1');
    const { status, json } = await app.call('POST', '/api/v1/3pid/bind', {
      body: new URLSearchParams({ sid, client_secret, mxid: bob }),
    });
    expect([status, json.mxid]).toEqual([200, bob]);
  });
});

describe('a validated session', () => {
  const app = useApp({
    http: { v1: { allowFrom: ['127.0.0.0/8'], mayBind: (homeserver) => homeserver === 'example.org' } },
  });

  /** A session of an address, requested by a user or, in v1, without a user. */
  async function validated(token: string | undefined) {
    const prefix = token === undefined ? '/api/v1' : '/v2';
    const secret = { client_secret: 'monkeys' };
    const asked = { ...secret, email: 'guest@example.com', send_attempt: 1 };
    const { json } = await app.call('POST', `${prefix}/validate/email/requestToken`, { token, body: asked });
    const proof = { ...secret, sid: json.sid as string };
    const submitted = { ...proof, token: app.mails.token };
    await app.call('POST', `${prefix}/validate/email/submitToken`, { token, body: submitted });
    return proof;
  }

  it('is bound only by the user who requested it, not by another user with its secret', async () => {
    const proof = await validated(await app.signIn(alice));
    const byBob = await app.call('POST', '/v2/3pid/bind', {
      token: await app.signIn(bob),
      body: { ...proof, mxid: bob },
    });
    expect([byBob.status, byBob.json.errcode]).toEqual([403, 'M_UNAUTHORIZED']);
    const inV1 = await app.call('POST', '/api/v1/3pid/bind', { body: { ...proof, mxid: bob } });
    expect([inV1.status, inV1.json.errcode]).toEqual([403, 'M_UNAUTHORIZED']);
    const byAlice = await app.call('POST', '/v2/3pid/bind', {
      token: await app.signIn(alice),
      body: { ...proof, mxid: alice },
    });
    expect(byAlice.status).toBe(200);
  });

  it('that was requested without a user cannot be bound in v2, and the error says why', async () => {
    const proof = await validated(undefined);
    const { status, json } = await app.call('POST', '/v2/3pid/bind', {
      token: await app.signIn(bob),
      body: { ...proof, mxid: bob },
    });
    expect([status, json.errcode]).toEqual([403, 'M_UNAUTHORIZED']);
    expect(json.error).toMatch(
      /requested through version 1 of the API, without a user; please request it again through v2/,
    );
    expect(await app.stores.associations.find([email('guest@example.com')])).toEqual([]);
  });

  it('is bound in v1 without sign-in only to users of known homeservers', async () => {
    const proof = await validated(undefined);
    const foreign = await app.call('POST', '/api/v1/3pid/bind', { body: { ...proof, mxid: '@ceo:bank.example' } });
    expect([foreign.status, foreign.json.errcode]).toEqual([403, 'M_FORBIDDEN']);
    expect((await app.call('POST', '/api/v1/3pid/bind', { body: { ...proof, mxid: alice } })).status).toBe(200);
  });
});
