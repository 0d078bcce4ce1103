import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { useApp } from '../../support/http.js';
import { alice, bob } from '../../support/fakes.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';

/** Requests with this header are answered by Express; the header says that the body is not compressed. */
const BY_EXPRESS = { 'content-encoding': 'identity' };

describe('endpoints that bypass Express', () => {
  const app = useApp({
    maxAddresses: 2,
    quotas: { lookup: { addressesPerUser: { amount: 6, windowMs: 3_600_000 } } },
  });
  let token: string;
  let pepper: string;
  beforeEach(async () => {
    token = await app.signIn(alice);
    await app.bind(email('bob@example.com'), bob);
    pepper = (await app.call('GET', '/v2/hash_details', { token })).json.lookup_pepper as string;
  });

  const lookup = (addresses: unknown, other: object = {}) => ({ algorithm: 'sha256', pepper, addresses, ...other });
  const attempt = (name: string, value: string) => ({ client_secret: 'secret', send_attempt: 1, [name]: value });
  const bobs = () => lookupHash(email('bob@example.com'), pepper);

  it.for<[string, string, string, () => { token?: string; body?: unknown; headers?: Record<string, string> }, number]>([
    ['a ping', 'GET', '/v2', () => ({}), 200],
    ['a ping of version 1', 'GET', '/api/v1', () => ({}), 200],
    ['the versions', 'GET', '/versions', () => ({}), 200],
    ['the pepper', 'GET', '/v2/hash_details', () => ({ token }), 200],
    ['a lookup', 'POST', '/v2/lookup', () => ({ token, body: lookup([bobs(), 'nobody']) }), 200],
    ['a parameter in the URL', 'POST', '/v2/lookup?a=b', () => ({ body: lookup([]) }), 401],
    ['no token', 'GET', '/v2/hash_details', () => ({}), 401],
    ['no body', 'POST', '/v2/lookup', () => ({ token }), 400],
    ['invalid JSON', 'POST', '/v2/lookup', () => ({ token, body: '{' }), 400],
    ['a wrong pepper', 'POST', '/v2/lookup', () => ({ token, body: lookup([], { pepper: 'x' }) }), 400],
    ['too many addresses', 'POST', '/v2/lookup', () => ({ token, body: lookup(['a', 'b', 'c']) }), 400],
    ['more than the rate limit', 'POST', '/v2/lookup', () => ({ token, body: lookup('abcdefg'.split('')) }), 429],
    ['a too large body', 'POST', '/v2/lookup', () => ({ token, body: 'x'.repeat(1024 * 1024 + 1) }), 413],
    ['a lookup of version 1', 'GET', '/api/v1/lookup?medium=email&address=bob@example.com', () => ({}), 200],
    [
      'a request of a web page',
      'GET',
      '/api/v1/lookup?medium=email&address=b@c.d',
      () => ({ headers: { origin: 'https://a.b' } }),
      403,
    ],
    [
      'many addresses',
      'POST',
      '/api/v1/bulk_lookup',
      () => ({ body: { threepids: [['email', 'bob@example.com']] } }),
      200,
    ],
    ['a form', 'POST', '/api/v1/bulk_lookup', () => ({ body: 'a=b' }), 400],
    [
      'a mail',
      'POST',
      '/v2/validate/email/requestToken?brand=x',
      () => ({ token, body: attempt('email', 'a@b.c') }),
      200,
    ],
    ['no address', 'POST', '/v2/validate/email/requestToken', () => ({ token, body: attempt('email', 'nobody') }), 400],
    ['no attempt', 'POST', '/v2/validate/email/requestToken', () => ({ token, body: { email: 'a@b.c' } }), 400],
    [
      'a mail of version 1',
      'POST',
      '/api/v1/validate/email/requestToken',
      () => ({ body: 'client_secret=secret&send_attempt=1&email=a%40b.c' }),
      200,
    ],
    [
      'a text message',
      'POST',
      '/v2/validate/msisdn/requestToken',
      () => ({ token, body: attempt('phone_number', '+44 7700 900123') }),
      200,
    ],
  ])('give %s the same response as with Express', async ([_what, method, path, call, status]) => {
    const plain = await app.call(method, path, call());
    const express = await app.call(method, path, { ...call(), headers: { ...call().headers, ...BY_EXPRESS } });
    const answerOf = ({ status, headers, text }: typeof plain) => {
      const { 'x-request-id': id, date: _date, 'retry-after': _wait, ...rest } = Object.fromEntries(headers);
      return {
        status,
        rest,
        hasId: id?.length === 36,
        text: text.replace(/"(retry_after_ms|ts|not_before|not_after)":\d+|"signatures".*/g, ''),
      };
    };
    expect(plain.status).toBe(status);
    expect(answerOf(plain)).toEqual(answerOf(express));
    const counted = app.telemetry.counted.filter(({ name }) => name === 'requests').slice(-2);
    expect(counted[0]).toEqual(counted[1]);
  });

  it('write their log line if the client disconnects before its body is complete', async () => {
    const socket = connect(app.port, '127.0.0.1');
    const headers = 'Host: a\r\nContent-Length: 10\r\nExpect: 100-continue';
    socket.write(`POST /_matrix/identity/v2/lookup HTTP/1.1\r\n${headers}\r\n\r\n{`);
    // The server confirms that it has read the headers.
    await once(socket, 'data');
    socket.destroy();
    await expect
      .poll(() => app.telemetry.all('request').at(-1))
      .toMatchObject({
        path: '/_matrix/identity/v2/lookup',
        status: 'aborted',
      });
  });
});
