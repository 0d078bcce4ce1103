import { describe, expect, it } from 'vitest';
import type { TestApp } from '../../support/test-app.js';
import { useApp } from '../../support/http.js';

const expected = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'access-control-allow-headers': 'Origin, X-Requested-With, Content-Type, Accept, Authorization',
  'access-control-expose-headers': 'Retry-After',
};

const corsOf = (headers: Headers) => Object.fromEntries(Object.keys(expected).map((name) => [name, headers.get(name)]));

const link = '/v2/validate/email/submitToken?sid=1&client_secret=a&token=b';

describe('CORS', () => {
  const app = useApp();

  it.for<[string, number, (app: TestApp) => ReturnType<TestApp['call']>]>([
    ['a successful response', 200, (app) => app.call('GET', '/versions')],
    ['a key', 200, (app) => app.call('GET', '/v2/pubkey/ed25519:0')],
    ['a missing token', 401, (app) => app.call('GET', '/v2/account')],
    ['a refusal', 404, (app) => app.call('POST', '/v2/sign-ed25519?mxid=@a:b&token=none&private_key=x')],
    ['a page', 404, (app) => app.call('GET', link)],
    ['an unknown endpoint', 404, (app) => app.call('GET', '/nothing')],
    ['a wrong method', 405, (app) => app.call('PUT', '/v2/lookup')],
    ['a malformed path', 400, (app) => app.call('GET', '/%')],
    ['invalid JSON', 400, (app) => app.call('POST', '/v2/account/register', { body: 'no' })],
    ['a too large body', 413, (app) => app.call('POST', '/v2/account/register', { body: 'x'.repeat(2 ** 20 + 1) })],
    [
      'a denied network',
      403,
      (app) => app.call('GET', '/api/v1/lookup', { headers: { 'x-forwarded-for': '203.0.113.7' } }),
    ],
  ])('is enabled on %s (G-10, G-11)', async ([_case, status, ask]) => {
    const answer = await ask(app);
    expect(answer.status).toBe(status);
    expect(corsOf(answer.headers)).toEqual(expected);
  });

  it('is enabled on internal errors', async () => {
    app.stores.accounts.find = () => Promise.reject(new Error('the database is away'));
    const answer = await app.call('GET', '/v2/account', { token: 'x' });
    expect(answer.status).toBe(500);
    expect(corsOf(answer.headers)).toEqual(expected);
  });

  it.for(['/versions', '/v2/lookup', '/v2/store-invite', '/v2/pubkey/isvalid', '/api/v1/lookup', '/nothing'])(
    'answers the pre-flight of %s without token and body (G-10)',
    async (path) => {
      const answer = await app.call('OPTIONS', path, {
        headers: {
          origin: 'https://app.example.org',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(answer.status).toBe(204);
      expect(answer.text).toBe('');
      expect(corsOf(answer.headers)).toEqual(expected);
    },
  );

  it('is not enabled on v1 responses for clients in the network, so that web pages cannot read them', async () => {
    for (const path of [
      '/api/v1/lookup?medium=email&address=a@example.com',
      '/api/v1/3pid/getValidated3pid?sid=1&client_secret=a',
    ]) {
      const { headers } = await app.call('GET', path);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});
