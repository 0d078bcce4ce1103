import { describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.js';
import { alice } from '../support/fakes.js';
import { useApp } from '../support/http.js';

/** mulberry32: the same junk for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const texts = [
  '',
  ' ',
  'a',
  '0',
  '-1',
  'null',
  'true',
  '@',
  '@a:b',
  '@:',
  '@alice:example.org',
  '@a:b:c',
  'a@b',
  'a@b@c',
  'alice@example.com',
  'ALICE@EXAMPLE.COM',
  '+447700900001',
  '447700900001',
  '110',
  'GB',
  'xx',
  'email',
  'msisdn',
  'sha256',
  'none',
  'matrixrocks',
  '__proto__',
  'constructor',
  'toString',
  '!room:example.org',
  'https://example.org',
  'javascript:alert(1)',
  '<script>',
  "' OR 1=1 --",
  '${7*7}',
  '{{7*7}}',
  '../../etc/passwd',
  '%00',
  '%ff',
  '\u0000',
  '\ud83d',
  '\u{1f600}',
  '\u202e',
  '\u2028',
  '\ufeff',
  'ß',
  'İ',
  'a\nb',
  'a\r\nb: c',
  'a'.repeat(256),
  'é'.repeat(200),
  'A'.repeat(43),
  '1e309',
  '٣',
];
const numbers = [0, 1, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308, 5e-324];

const names = [
  'sid',
  'client_secret',
  'token',
  'email',
  'phone_number',
  'country',
  'send_attempt',
  'next_link',
  'mxid',
  'medium',
  'address',
  'room_id',
  'sender',
  'room_name',
  'private_key',
  'public_key',
  'algorithm',
  'pepper',
  'addresses',
  'threepids',
  'user_accepts',
  'matrix_server_name',
  'access_token',
  'org.matrix.web_client_location',
  'threepid',
  'confirm',
  'brand',
  '__proto__',
  'constructor',
  '',
];

const endpoints = [
  ['GET', '/versions'],
  ['GET', '/v2'],
  ['POST', '/v2/account/register'],
  ['GET', '/v2/account'],
  ['POST', '/v2/account/logout'],
  ['GET', '/v2/terms'],
  ['POST', '/v2/terms'],
  ['GET', '/v2/hash_details'],
  ['POST', '/v2/lookup'],
  ['GET', '/api/v1'],
  ['GET', '/api/v1/lookup'],
  ['POST', '/api/v1/bulk_lookup'],
  ...['/v2', '/api/v1'].flatMap((prefix) => [
    ['GET', `${prefix}/pubkey/ed25519:0`],
    ['GET', `${prefix}/pubkey/isvalid`],
    ['GET', `${prefix}/pubkey/ephemeral/isvalid`],
    ['POST', `${prefix}/validate/email/requestToken`],
    ['POST', `${prefix}/validate/email/submitToken`],
    ['GET', `${prefix}/validate/email/submitToken`],
    ['POST', `${prefix}/validate/msisdn/requestToken`],
    ['POST', `${prefix}/validate/msisdn/submitToken`],
    ['GET', `${prefix}/validate/msisdn/submitToken`],
    ['GET', `${prefix}/3pid/getValidated3pid`],
    ['POST', `${prefix}/3pid/bind`],
    ['POST', `${prefix}/3pid/unbind`],
    ['POST', `${prefix}/store-invite`],
    ['POST', `${prefix}/sign-ed25519`],
  ]),
] as [method: string, path: string][];

function junkFrom(random: () => number) {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

  function value(depth = 0): unknown {
    const kind = random();
    if (kind < 0.6 || depth > 3) return pick(texts);
    if (kind < 0.7) return pick(numbers);
    if (kind < 0.8) return pick([null, true, false]);
    const size = Math.floor(random() * 4);
    if (kind < 0.9) return Array.from({ length: size }, () => value(depth + 1));
    return object(size, depth + 1);
  }
  function object(size = Math.floor(random() * names.length), depth = 0): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length: size }, () => [pick(names), value(depth)]));
  }
  const form = () =>
    Array.from({ length: Math.floor(random() * 10) }, () => {
      const text = pick(texts);
      const encoded = random() < 0.8 ? encodeURIComponent(text.toWellFormed()) : text.replace(/[^\x21-\x7e]|#/g, '%');
      return `${pick(names)}=${encoded}`;
    }).join('&');
  const broken = () => {
    const bytes = Buffer.from(JSON.stringify(object()));
    for (let times = 0; times < 3; times++)
      if (bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    return bytes;
  };
  return { pick, object, value, form, broken };
}

type Junk = ReturnType<typeof junkFrom>;

/** What every endpoint wants, so that junk in one place gets past all others. */
const right = {
  sid: 'text2',
  client_secret: 'monkeys',
  token: 'text3',
  email: 'alice@example.com',
  phone_number: '+447700900001',
  country: 'GB',
  send_attempt: 1,
  mxid: alice,
  medium: 'email',
  address: 'alice@example.com',
  room_id: '!room:example.org',
  sender: alice,
  private_key: 'A'.repeat(43),
  public_key: 'A'.repeat(43),
  algorithm: 'none',
  pepper: 'text1',
  addresses: ['alice@example.com email'],
  threepids: [['email', 'alice@example.com']],
  user_accepts: [],
  matrix_server_name: 'example.org',
  access_token: 'openid of @alice:example.org',
};

/** Every way in which a body and a query may come. */
const bodies: readonly ((junk: Junk) => { body?: string | Uint8Array; type?: string })[] = [
  (junk) => ({ body: JSON.stringify(junk.object()), type: 'application/json' }),
  (junk) => ({ body: JSON.stringify(junk.value()), type: 'application/json' }),
  (junk) => ({ body: JSON.stringify({ ...right, [junk.pick(names)]: junk.value() }), type: 'application/json' }),
  (junk) => ({ body: JSON.stringify({ ...right, [junk.pick(names)]: junk.pick(texts) }) }),
  (junk) => ({ body: `${asForm(right)}&${junk.form()}`, type: 'application/x-www-form-urlencoded' }),
  (junk) => ({ body: junk.form(), type: 'application/x-www-form-urlencoded' }),
  (junk) => ({ body: junk.form() }),
  (junk) => ({ body: junk.broken(), type: 'application/json' }),
  (junk) => ({ body: junk.broken(), type: 'application/x-www-form-urlencoded' }),
  () => ({}),
];

const asForm = (parameters: object): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&');

async function throwAt(app: TestApp, [method, path]: [string, string], junk: Junk, token: string) {
  const { body, type } = junk.pick(bodies)(junk);
  const query = junk.pick(['', `?${asForm(right)}`, `?${junk.form()}`]);
  const answer = await app.call(method, `${path}${query}`, {
    token: junk.pick([token, token, token, undefined, 'unknown']),
    headers: { ...(type !== undefined && { 'content-type': type }) },
    ...(method === 'POST' && body !== undefined && { body }),
  });
  const isPage = answer.headers.get('content-type') === 'text/html; charset=utf-8' && path.endsWith('/submitToken');
  const isError = typeof answer.json?.errcode === 'string' && typeof answer.json.error === 'string';
  const isAsItShouldBe = answer.status < 500 && (answer.status < 400 || isPage || isError);
  expect(isAsItShouldBe, `${answer.status} ${answer.text} to ${method} ${path}${query} ${String(body)}`).toBe(true);
  return answer.status;
}

describe('junk', () => {
  const app = useApp();

  it.for([1, 2, 3, 4])('never brings the API down, and is answered in Matrix’s words: seed %i', async (seed) => {
    const junk = junkFrom(generator(seed));
    const token = await app.signIn(alice);
    const statuses = new Set<number>();
    for (let round = 0; round < 3; round++) {
      for (const endpoint of endpoints) statuses.add(await throwAt(app, endpoint, junk, token));
    }
    expect(app.telemetry.all('a request failed')).toEqual([]);
    // It gets past the doors, too.
    for (const status of [200, 400, 401, 404]) expect(statuses).toContain(status);
  });
});
