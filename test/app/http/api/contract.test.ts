import { describe, expect, it } from 'vitest';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { type TestApp } from '../../../support/test-app.js';
import { operations } from '../../../support/contract/specification.js';
import { seen, violationsOf } from '../../../support/contract/violations.js';
import { alice, bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const client_secret = 'monkeys';
const media = ['email', 'msisdn'] as const;

/** Calls each endpoint of the API once for each result that the specification declares. */
async function callEndpoints(app: TestApp): Promise<void> {
  const token = await app.signIn(alice);
  const get = (path: string, query: Record<string, string> = {}) =>
    app.call('GET', `${path}?${new URLSearchParams(query).toString()}`, { token });
  const post = (path: string, body: object) => app.call('POST', path, { token, body });

  for (const path of ['/versions', '/v2', '/v2/account', '/v2/terms', '/v2/hash_details']) await get(path);
  for (const keyId of ['ed25519:0', 'ed25519:9']) await get(`/v2/pubkey/${keyId}`);
  for (const path of ['isvalid', 'ephemeral/isvalid']) await get(`/v2/pubkey/${path}`, { public_key: 'A' });
  await post('/v2/terms', { user_accepts: [] });
  app.openIdTokens.set('openid of a visitor', bob);
  const openId = { access_token: 'openid of a visitor', token_type: 'Bearer', matrix_server_name: 'example.org' };
  await post('/v2/account/register', { ...openId, expires_in: 3600 });

  await lookups(app, token);
  for (const medium of media) await validations(app, token, medium);
  await invitations(app, token);
  await unbinds(app);
  await app.call('POST', '/v2/account/logout', { token });
  await app.call('POST', '/v2/account/logout', { token });
}

async function lookups(app: TestApp, token: string): Promise<void> {
  await app.bind(email('bob@example.com'), bob);
  const { lookup_pepper } = (await app.call('GET', '/v2/hash_details', { token })).json;
  for (const pepper of [lookup_pepper, 'matrixrocks']) {
    const body = { algorithm: 'none', pepper, addresses: ['bob@example.com email'] };
    await app.call('POST', '/v2/lookup', { token, body });
  }
}

async function validations(app: TestApp, token: string, medium: (typeof media)[number]): Promise<void> {
  const path = `/v2/validate/${medium}`;
  const address = medium === 'email' ? { email: 'alice@example.com' } : { country: 'GB', phone_number: '07700900001' };
  const request = { client_secret, send_attempt: 1, next_link: 'https://app.example.org/', ...address };
  const { sid } = (await app.call('POST', `${path}/requestToken`, { token, body: request })).json;
  await app.call('POST', `${path}/requestToken`, { token, body: { ...request, send_attempt: 'soon' } });

  const session = new URLSearchParams({ sid, client_secret }).toString();
  const check = () => app.call('GET', `/v2/3pid/getValidated3pid?${session}`, { token });
  const bind = (mxid: string, secret = client_secret) =>
    app.call('POST', '/v2/3pid/bind', { token, body: { sid, client_secret: secret, mxid } });
  await check();
  await bind(alice);

  const right = (medium === 'email' ? app.mails : app.texts).token;
  for (const code of ['wrong', right]) {
    const body = { sid, client_secret, token: code };
    await app.call('POST', `${path}/submitToken`, { token, body });
    await app.call('GET', `${path}/submitToken?${new URLSearchParams(body).toString()}`);
  }
  await app.call('GET', `${path}/submitToken`);
  await check();
  await bind(alice);
  await bind(bob);
  await bind(alice, 'apes');
  await app.call('GET', `/v2/3pid/getValidated3pid?sid=${sid}&client_secret=apes`, { token });
}

async function invitations(app: TestApp, token: string): Promise<void> {
  const invite = { medium: 'email', address: 'carol@example.com', room_id: '!room:example.org', sender: alice };
  const { token: inviteToken } = (await app.call('POST', '/v2/store-invite', { token, body: invite })).json;
  for (const change of [{ address: 'bob@example.com' }, { sender: bob }]) {
    await app.call('POST', '/v2/store-invite', { token, body: { ...invite, ...change } });
  }
  for (const known of [inviteToken, 'unknown']) {
    const body = { mxid: bob, token: known, private_key: 'A'.repeat(43) };
    await app.call('POST', '/v2/sign-ed25519', { token, body });
  }
}

async function unbinds(app: TestApp): Promise<void> {
  const proof = async (mail: string, isValidated: boolean) => {
    const token = await app.signIn(alice);
    const body = { client_secret: `secret-for-${mail}`, email: `${mail}@example.com`, send_attempt: 1 };
    const { sid } = (await app.call('POST', '/v2/validate/email/requestToken', { token, body })).json;
    const answer = { sid, client_secret: body.client_secret, token: app.mails.token };
    if (isValidated) await app.call('POST', '/v2/validate/email/submitToken', { token, body: answer });
    return { sid, client_secret: body.client_secret };
  };
  const proofs = [await proof('u', true), await proof('v', true), await proof('w', false), { sid: 'a', client_secret }];
  const [right, ofAnother, unproven, unknown] = proofs;
  for (const attempt of [right, ofAnother, unproven, unknown]) {
    const body = { mxid: alice, threepid: { medium: 'email', address: 'u@example.com' }, ...attempt };
    await app.call('POST', '/v2/3pid/unbind', { body });
  }
}

/** Declared results that Islet does not have. */
const never = [
  // A user who follows a link or signs out does not have to accept terms.
  'GET /v2/validate/email/submitToken 403',
  'GET /v2/validate/msisdn/submitToken 403',
  'POST /v2/account/logout 403',
  // Unbinding cannot be switched off.
  'POST /v2/3pid/unbind 501',
];

const policies = [
  { id: 'privacy', version: '1', languages: { en: { name: 'Privacy', url: 'https://example.org/privacy/1/en' } } },
];

/** Endpoints that do not require accepted terms. */
const free = [
  ...media.map((medium) => `GET /v2/validate/${medium}/submitToken`),
  'GET /v2',
  'GET /v2/pubkey/ephemeral/isvalid',
  'GET /v2/pubkey/isvalid',
  'GET /v2/pubkey/{keyId}',
  'GET /v2/terms',
  'GET /versions',
  'POST /v2/3pid/unbind',
  'POST /v2/account/logout',
  'POST /v2/account/register',
  'POST /v2/terms',
];

const below = (path: string) => path.replace('/_matrix/identity', '');

/** The endpoints that refuse a user who has not accepted the terms, for that reason. */
async function askingForTerms(app: TestApp): Promise<readonly string[]> {
  const asking = [];
  for (const { method, path } of operations) {
    const { json } = await app.call(method, below(path).replace('{keyId}', 'ed25519:0'), {
      token: await app.signIn(alice),
      ...(method === 'POST' && { body: {} }),
    });
    if (json?.errcode === 'M_TERMS_NOT_SIGNED') asking.push(`${method} ${below(path)}`);
  }
  return asking;
}

describe('the API compared with the specification', () => {
  const direct = useApp({ http: { confirmPage: false } });
  const confirming = useApp();
  const withTerms = useApp({ policies });

  it('returns every declared response in the declared form (G-4, EM-12)', async () => {
    await callEndpoints(direct);
    await callEndpoints(confirming);
    await askingForTerms(withTerms);
    const declared = operations.flatMap(({ method, path, answers }) =>
      [...answers.keys()].map((status) => `${method} ${below(path)} ${status}`),
    );
    expect(declared.filter((answer) => !seen.has(answer)).toSorted()).toEqual(never.toSorted());
  });

  it('requires the terms before anything else for each endpoint with a token (TERMS-3, TERMS-9, LOOK-10)', async () => {
    const names = operations.map(({ method, path }) => `${method} ${below(path)}`);
    expect(await askingForTerms(withTerms)).toEqual(names.filter((name) => !free.includes(name)));
    expect([...withTerms.mails.sent, ...withTerms.texts.sent]).toEqual([]);
  });
});

describe('the check of responses', () => {
  const answer = (status: number, body: unknown, type = 'application/json') => ({
    status,
    headers: new Headers({ 'content-type': type }),
    text: JSON.stringify(body),
  });
  const error = { errcode: 'M_UNKNOWN', error: 'no' };

  it.for([
    ['a missing field', 'GET', '/v2/account', answer(200, {})],
    ['a field of another type', 'GET', '/v2/pubkey/isvalid?public_key=a', answer(200, { valid: 'yes' })],
    ['a list', 'GET', '/v2', answer(200, [])],
    ['another content type', 'GET', '/v2', answer(200, {}, 'text/plain')],
    ['an error without a text', 'POST', '/v2/lookup', answer(400, { errcode: 'M_UNKNOWN' })],
    ['an error without a code', 'GET', '/v2/nonsense', answer(404, { error: 'no' })],
    ['an undeclared status', 'GET', '/v2/account', answer(418, error)],
    ['an undeclared code', 'GET', '/v2/account', answer(401, error)],
    ['a successful response of an undeclared endpoint', 'GET', '/v2/nonsense', answer(200, {})],
    ['text instead of a page', 'GET', '/v2/validate/email/submitToken', answer(200, 'ok', 'text/plain')],
  ] as const)('finds %s', ([_case, method, path, answered]) => {
    expect(violationsOf(method, `/_matrix/identity${path}`, answered)).not.toEqual([]);
  });

  it.for([
    ['GET', '/v2/account', answer(200, { user_id: alice, more: 1 })],
    ['GET', '/v2/account/', answer(401, { errcode: 'M_UNAUTHORIZED', error: 'no' })],
    ['GET', '/v2/pubkey/ed25519%3A0', answer(200, { public_key: 'A' })],
    ['GET', '/v3', answer(404, error)],
  ] as const)('accepts a valid response to %s %s', ([method, path, answered]) => {
    expect(violationsOf(method, `/_matrix/identity${path}`, answered)).toEqual([]);
  });
});
