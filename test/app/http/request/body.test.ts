import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { useApp } from '../../../support/http.js';

const openId = { access_token: 'openid-alice', matrix_server_name: 'example.org' };

describe('the body of a request', () => {
  const app = useApp();

  it.for([
    ['not JSON', 'access_token=a', 400, 'M_NOT_JSON'],
    ['an empty body', '', 400, 'M_NOT_JSON'],
    ['NaN', '{"access_token":NaN}', 400, 'M_NOT_JSON'],
    ['an unfinished text', '{"access_token":"a', 400, 'M_NOT_JSON'],
    ['bytes that are not UTF-8', Buffer.from('{"access_token":"\xff"}', 'latin1'), 400, 'M_NOT_JSON'],
    ['a surrogate in UTF-8', Buffer.from('{"access_token":"\xed\xa0\x80"}', 'latin1'), 400, 'M_NOT_JSON'],
    ['null', 'null', 400, 'M_BAD_JSON'],
    ['a number', '1', 400, 'M_BAD_JSON'],
    ['a list', '[]', 400, 'M_BAD_JSON'],
    ['a text', '"a"', 400, 'M_BAD_JSON'],
    ['half of a surrogate pair', '{"access_token":"\\ud83d"}', 400, 'M_BAD_JSON'],
    ['the other half of a surrogate pair', '{"access_token":"a\\uDE00"}', 400, 'M_BAD_JSON'],
    ['a surrogate pair in the wrong order', '{"access_token":"\\ude00\\ud83d"}', 400, 'M_BAD_JSON'],
    ['NUL', '{"access_token":"a\\u0000"}', 400, 'M_BAD_JSON'],
    ['NUL in a name', '{"\\u0000":"a"}', 400, 'M_BAD_JSON'],
    ['deeply nested lists with NUL', `{"a":${'['.repeat(25_000)}"\\u0000"${']'.repeat(25_000)}}`, 400, 'M_BAD_JSON'],
    ['an empty object', '{}', 400, 'M_MISSING_PARAMS'],
    ['nulls', '{"access_token":null,"matrix_server_name":null}', 400, 'M_MISSING_PARAMS'],
    ['the wrong type', '{"access_token":1,"matrix_server_name":"example.org"}', 400, 'M_INVALID_PARAM'],
    [
      'an object instead of a text',
      '{"access_token":{"toString":"x"},"matrix_server_name":"example.org"}',
      400,
      'M_INVALID_PARAM',
    ],
    ['a __proto__ key', '{"__proto__":{"access_token":"a","matrix_server_name":"b"}}', 400, 'M_MISSING_PARAMS'],
    ['more than 64 kB', `{"access_token":"${'a'.repeat(2 ** 16)}"}`, 413, 'M_TOO_LARGE'],
  ] as const)('is refused if it is %s (G-13, G-15)', async ([_case, body, status, errcode]) => {
    const answer = await app.call('POST', '/v2/account/register', { body });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ errcode, error: expect.any(String) });
  });

  it('is refused with all missing parameters, and the invalid one, in the error (G-13)', async () => {
    const missing = await app.call('POST', '/v2/account/register', { body: {} });
    expect(missing.json.error).toBe('Missing parameters: matrix_server_name, access_token');
    const wrong = await app.call('POST', '/v2/account/register', { body: { ...openId, access_token: ['a'] } });
    expect(wrong.json.error).toMatch(/^access_token: /);
    expect(wrong.json.error).not.toContain('openid-alice');
  });

  it.for([
    undefined,
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'application/x-www-form-urlencoded',
    'nonsense',
  ])('is read as JSON in v2 with the content type %s (G-6)', async (type) => {
    app.openIdTokens.set('openid-alice', '@alice:example.org');
    const body = Buffer.from(JSON.stringify(openId));
    const answer = await app.call('POST', '/v2/account/register', {
      body,
      headers: { ...(type && { 'content-type': type }) },
    });
    expect(answer.status).toBe(200);
  });

  it('may contain surrogate pairs, and backslashes that only look like an escape', async () => {
    app.openIdTokens.set('\u{1f600}\\u0000', '@alice:example.org');
    const body = '{"access_token":"\\ud83d\\ude00\\\\u0000","matrix_server_name":"example.org"}';
    expect((await app.call('POST', '/v2/account/register', { body })).status).toBe(200);
  });

  it('is not read as a form in v2 (G-7)', async () => {
    const answer = await app.call('POST', '/v2/account/register', { body: new URLSearchParams(openId) });
    expect(answer.json.errcode).toBe('M_NOT_JSON');
  });

  it('may be compressed with gzip, and is limited by its uncompressed size', async () => {
    app.openIdTokens.set('openid-alice', '@alice:example.org');
    const packed = (text: string) =>
      app.call('POST', '/v2/account/register', { body: gzipSync(text), headers: { 'content-encoding': 'gzip' } });
    expect((await packed(JSON.stringify(openId))).status).toBe(200);
    expect((await packed(' '.repeat(50 * 2 ** 20))).status).toBe(413);
  });

  it.for([
    ['an unknown compression', 415, { 'content-encoding': 'rot13' }],
    ['invalid compressed data', 400, { 'content-encoding': 'gzip' }],
  ] as const)('is refused with %s', async ([_case, status, headers]) => {
    const answer = await app.call('POST', '/v2/account/register', { body: '{}', headers });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ errcode: expect.any(String), error: expect.any(String) });
  });

  it.for([
    ['broken percent-encoding', '?public_key=%zz'],
    ['bytes that are not UTF-8', '?public_key=%ff'],
    ['NUL', '?public_key=%00'],
    ['a parameter given twice', '?public_key=a&public_key=b'],
  ] as const)('is not read if there is %s in the query', async ([_case, query]) => {
    const answer = await app.call('GET', `/v2/pubkey/isvalid${query}`);
    expect([answer.status, answer.json.errcode]).toEqual([400, 'M_INVALID_PARAM']);
  });

  it('is not slowed down by a parameter that is given thirty thousand times', async () => {
    const body = 'a&'.repeat(32_000);
    const answer = await app.call('POST', '/api/v1/validate/email/submitToken', { body });
    expect(answer.json.errcode).toBe('M_MISSING_PARAMS');
  });
});

describe('a configured limit of 600 KiB for lookups', () => {
  const app = useApp({ http: { maxBodyBytes: 600 * 1024 } });

  it.for([
    ['/v2/lookup', 512, 401],
    ['/v2/lookup', 600, 413],
    ['/v2/lookup/', 512, 401],
    ['/api/v1/bulk_lookup', 512, 400],
    ['/api/v1/bulk_lookup', 600, 413],
    ['/v2/store-invite', 63, 401],
    ['/v2/store-invite', 64, 413],
    ['/v2/terms', 64, 413],
    ['/api/v1/store-invite?x=/lookup', 64, 413],
    ['/v2/3pid/unbind', 15, 401],
    ['/v2/3pid/unbind', 16, 413],
    ['/api/v1/3pid/unbind', 16, 413],
  ] as const)(
    'allows %s with %d KiB to have status %d, and limits other endpoints to what they need (G-15)',
    async ([path, size, status]) => {
      const body = `{"a":"${'a'.repeat(size * 1024)}"}`;
      expect((await app.call('POST', path, { body })).status).toBe(status);
    },
  );
});
