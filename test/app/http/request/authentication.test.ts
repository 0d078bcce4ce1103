import { describe, expect, it } from 'vitest';
import { alice, bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

describe('authentication', () => {
  const app = useApp();

  it.for([
    ['in the header', (token: string) => ({ authorization: `Bearer ${token}` }), ''],
    ['with the scheme in small letters', (token: string) => ({ authorization: `bearer ${token}` }), ''],
    ['with blanks around', (token: string) => ({ authorization: `BEARER   ${token} ` }), ''],
    ['in the query', () => ({}), '?access_token='],
    ['in the query, beside a header of another scheme', () => ({ authorization: 'Basic YTpi' }), '?access_token='],
  ] as const)('accepts the access token %s (AUTH-4)', async ([_case, headers, query]) => {
    const token = await app.signIn(alice);
    const answer = await app.call('GET', `/v2/account${query}${query && token}`, { headers: headers(token) });
    expect(answer.json).toEqual({ user_id: alice });
  });

  it('prefers the header to the query (AUTH-4)', async () => {
    const [ofAlice, ofBob] = [await app.signIn(alice), await app.signIn(bob)];
    const answer = await app.call('GET', `/v2/account?access_token=${ofBob}`, { token: ofAlice });
    expect(answer.json).toEqual({ user_id: alice });
    const refused = await app.call('GET', `/v2/account?access_token=${ofBob}`, { token: 'unknown' });
    expect(refused.status).toBe(401);
  });

  it('accepts a token in the query of a POST, too (AUTH-4)', async () => {
    const token = await app.signIn(alice);
    const answer = await app.call('POST', `/v2/terms?access_token=${token}`, { body: { user_accepts: [] } });
    expect(answer.status).toBe(200);
  });

  it.for([
    ['GET', '/v2/account'],
    ['POST', '/v2/account/logout'],
    ['POST', '/v2/terms'],
    ['GET', '/v2/hash_details'],
    ['POST', '/v2/lookup'],
    ['POST', '/v2/validate/email/requestToken'],
    ['POST', '/v2/validate/email/submitToken'],
    ['POST', '/v2/validate/msisdn/requestToken'],
    ['POST', '/v2/validate/msisdn/submitToken'],
    ['GET', '/v2/3pid/getValidated3pid'],
    ['POST', '/v2/3pid/bind'],
    ['POST', '/v2/store-invite'],
    ['POST', '/v2/sign-ed25519'],
  ] as const)('answers 401 to %s %s before any other check (AUTH-5, AUTH-9, LOOK-10)', async ([method, path]) => {
    const none = await app.call(method, path);
    expect([none.status, none.json.errcode]).toEqual([401, 'M_UNAUTHORIZED']);
    const unknown = await app.call(method, path, { token: 'unknown' });
    expect(unknown.status).toBe(401);
    expect(unknown.json.errcode).toBe(path === '/v2/account/logout' ? 'M_UNKNOWN_TOKEN' : 'M_UNAUTHORIZED');
  });

  it.for(['?access_token=', '?access_token=a&access_token=b'])('treats %s as a missing token', async (query) => {
    expect((await app.call('GET', `/v2/account${query}`)).status).toBe(401);
  });

  it('does not accept a token in a body', async () => {
    const token = await app.signIn(alice);
    const answer = await app.call('POST', '/v2/terms', { body: { access_token: token, user_accepts: [] } });
    expect(answer.status).toBe(401);
  });
});
