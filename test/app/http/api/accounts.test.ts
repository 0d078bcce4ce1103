import { describe, expect, it } from 'vitest';
import { DomainError } from '../../../../src/domain/shared/errors.js';
import { alice } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const openId = {
  access_token: 'openid-alice',
  token_type: 'Bearer',
  matrix_server_name: 'example.org',
  expires_in: 3600,
};

describe('the account API', () => {
  const app = useApp();

  it('signs in a user whom the homeserver confirms, and returns the token under both names (AUTH-1, AUTH-3)', async () => {
    app.openIdTokens.set('openid-alice', alice);
    const { status, json } = await app.call('POST', '/v2/account/register', { body: openId });
    expect(status).toBe(200);
    expect(json).toEqual({ token: expect.any(String), access_token: json.token });
    expect((await app.call('GET', '/v2/account', { token: json.token })).json).toEqual({ user_id: alice });
  });

  it('requires only token and server name (AUTH-1)', async () => {
    app.openIdTokens.set('openid-alice', alice);
    const { access_token, matrix_server_name } = openId;
    const { status } = await app.call('POST', '/v2/account/register', { body: { access_token, matrix_server_name } });
    expect(status).toBe(200);
  });

  it('keeps earlier tokens valid when a user signs in again', async () => {
    const [first, second] = [await app.signIn(alice), await app.signIn(alice)];
    expect(first).not.toBe(second);
    expect((await app.call('GET', '/v2/account', { token: first })).status).toBe(200);
  });

  it.for([
    ['an OpenID token that the homeserver does not know', undefined, {}, 401, 'M_UNAUTHORIZED'],
    ['a user of another server', '@anna:other.org', {}, 401, 'M_UNAUTHORIZED'],
    ['a user of a server with the same ending', '@anna:evil.example.org', {}, 401, 'M_UNAUTHORIZED'],
    ['text that is not a user', 'anna', {}, 401, 'M_UNAUTHORIZED'],
    ['a homeserver that is not allowed', new DomainError('homeserver_not_allowed'), {}, 403, 'M_FORBIDDEN'],
    ['a homeserver that does not answer', new DomainError('homeserver_failed'), {}, 502, 'M_UNKNOWN'],
    ['a malformed server name', alice, { matrix_server_name: 'https://example.org/' }, 400, 'M_INVALID_PARAM'],
    ['a server name with a path', alice, { matrix_server_name: 'example.org/../x' }, 400, 'M_INVALID_PARAM'],
    ['no server name', alice, { matrix_server_name: undefined }, 400, 'M_MISSING_PARAMS'],
    ['no token', alice, { access_token: undefined }, 400, 'M_MISSING_PARAMS'],
    ['an empty token', alice, { access_token: '' }, 400, 'M_INVALID_PARAM'],
    ['a number as a token', alice, { access_token: 7 }, 400, 'M_INVALID_PARAM'],
  ] as const)('refuses %s (AUTH-2, AUTH-3)', async ([_case, user, change, status, errcode]) => {
    if (user !== undefined) app.openIdTokens.set('openid-alice', user);
    const answer = await app.call('POST', '/v2/account/register', { body: { ...openId, ...change } });
    expect([answer.status, answer.json.errcode]).toEqual([status, errcode]);
    expect(answer.text).not.toContain('openid-alice');
  });

  it('says which connection failed, and logs the cause', async () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.5:8448');
    app.openIdTokens.set(
      'openid-alice',
      new DomainError('homeserver_failed', { message: 'The homeserver example.org did not answer within 10 s', cause }),
    );
    const { json, headers, text } = await app.call('POST', '/v2/account/register', { body: openId });
    expect(json).toEqual({ errcode: 'M_UNKNOWN', error: 'The homeserver example.org did not answer within 10 s' });
    expect(text).not.toContain('10.0.0.5');
    const line = app.telemetry.lines.find(({ message }) => message === 'request refused');
    expect(line?.facts).toEqual({ id: headers.get('x-request-id'), code: 'homeserver_failed' });
    expect(line?.cause).toMatchObject({ cause });
  });

  it('names the user if the wrong homeserver answered', async () => {
    app.openIdTokens.set('openid-alice', '@anna:other.org');
    const { json } = await app.call('POST', '/v2/account/register', { body: openId });
    expect(json.error).toBe('The homeserver example.org answered for a user of other.org');
  });

  it('revokes a token on logout, without a body, and no other (AUTH-7, G-5)', async () => {
    const [first, second] = [await app.signIn(alice), await app.signIn(alice)];
    const { status, json } = await app.call('POST', '/v2/account/logout', { token: first });
    expect([status, json]).toEqual([200, {}]);
    const after = await app.call('GET', '/v2/account', { token: first });
    expect([after.status, after.json.errcode]).toEqual([401, 'M_UNAUTHORIZED']);
    expect((await app.call('GET', '/v2/account', { token: second })).status).toBe(200);
    const again = await app.call('POST', '/v2/account/logout', { token: first });
    expect([again.status, again.json.errcode]).toEqual([401, 'M_UNKNOWN_TOKEN']);
  });
});
