import { describe, expect, it } from 'vitest';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice } from '../../support/fakes.js';
import { useApp } from '../../support/http.js';

describe('the request log', () => {
  const app = useApp();

  it('has one line for each request, with the ID that its response contains', async () => {
    const { headers } = await app.call('GET', '/v2/pubkey/ed25519:0');
    expect(app.telemetry.all('request')).toEqual([
      {
        id: headers.get('x-request-id'),
        method: 'GET',
        path: '/_matrix/identity/v2/pubkey/ed25519:0',
        status: 200,
        ms: expect.any(Number),
      },
    ]);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('has a line for errors before any endpoint, too', async () => {
    await app.call('GET', '/%');
    await app.call('GET', '/nothing');
    await app.call('OPTIONS', '/v2/lookup');
    expect(app.telemetry.all('request').map(({ status }) => status)).toEqual([400, 404, 204]);
  });

  it('uses declared endpoints as labels, so that clients cannot create labels', async () => {
    await app.call('GET', '/v2/pubkey/ed25519:0');
    await app.call('GET', '/made/up');
    expect(app.telemetry.counted).toEqual([
      { name: 'requests', labels: { endpoint: '/_matrix/identity/v2/pubkey/:keyId', status: '2xx' } },
      { name: 'requests', labels: { endpoint: 'none', status: '4xx' } },
    ]);
  });

  it('measures the duration of each request in seconds', async () => {
    await app.call('GET', '/v2');
    expect(app.telemetry.observed).toEqual([
      {
        name: 'request_duration_seconds',
        value: expect.any(Number),
        labels: { endpoint: '/_matrix/identity/v2', status: '2xx' },
      },
    ]);
    expect(app.telemetry.observed[0]?.value).toBeLessThan(60);
  });

  it('never contains addresses, tokens or secrets, whether requests succeed or not', async () => {
    const token = await app.signIn(alice);
    await app.bind(email('bob@example.com'), '@bob:example.org');
    app.mails.failure = new Error('gateway away');
    const secrets = ['hush-secret', 'bob@example.com', 'hush-sid', 'hush-code', 'hush-key', token];
    const body = { email: 'bob@example.com', client_secret: 'hush-secret', send_attempt: 1 };
    await app.call('POST', '/v2/validate/email/requestToken', { token, body });
    await app.call('GET', `/v2/hash_details?access_token=${token}`);
    await app.call('GET', '/v2/validate/email/submitToken?sid=hush-sid&client_secret=hush-secret&token=hush-code');
    await app.call('GET', '/api/v1/lookup?medium=email&address=bob@example.com');
    await app.call('POST', '/v2/sign-ed25519?mxid=@a:b&token=hush-code&private_key=hush-key');
    expect(app.telemetry.all('request')).toHaveLength(5);
    const log = JSON.stringify(app.telemetry.lines.map(({ message, facts }) => ({ message, facts })));
    for (const secret of secrets) expect(log).not.toContain(secret);
  });
});
