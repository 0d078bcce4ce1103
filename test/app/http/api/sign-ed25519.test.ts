import { describe, expect, it } from 'vitest';
import type { Answer, TestApp } from '../../../support/test-app.js';
import { alice } from '../../../support/fakes.js';
import { queued } from '../../../support/jobs.js';
import { useApp } from '../../../support/http.js';

const dora = '@dora:example.org';
const fromInternet = { 'x-forwarded-for': '203.0.113.7' };

/** Stores an invitation and parses the link of its mail, like Element. */
async function invited(app: TestApp) {
  const body = { medium: 'email', address: 'carol@example.com', room_id: '!room:example.org', sender: alice };
  const { json } = await app.call('POST', '/v2/store-invite', { token: await app.signIn(alice), body });
  const [mail] = await queued(app.stores.jobs, 'invite-mail');
  const link = new URL(`${mail?.link}`.replace('/#/', '/'));
  const signUrl = new URL(link.searchParams.get('signurl') ?? '');
  return {
    token: json.token as string,
    ephemeralKey: json.public_keys[1].public_key as string,
    privateKey: signUrl.searchParams.get('private_key') ?? '',
    signPath: `${signUrl.pathname.replace('/_matrix/identity', '')}${signUrl.search}`,
  };
}

/** Checks a response: its content, and its signature with this key. */
async function checkSigned(app: TestApp, { status, json }: Answer, key: string) {
  const { signatures, ...signed } = json as { signatures: Record<string, Record<string, string>> };
  const signature = signatures?.['id.example.org']?.['ed25519:0'] ?? '';
  return { status, signed, isValid: await app.services.signer.verify(json, signature, key) };
}

const signedBy = (token: string) => ({ status: 200, signed: { mxid: dora, sender: alice, token }, isValid: true });

describe('sign-ed25519', () => {
  const app = useApp();

  it('signs for signed-in users, with the given key (SIGN-1, SIGN-3)', async () => {
    const { token, privateKey, ephemeralKey } = await invited(app);
    const body = { mxid: dora, token, private_key: privateKey };
    const answer = await app.call('POST', '/v2/sign-ed25519', { token: await app.signIn(dora), body });
    expect(await checkSigned(app, answer, ephemeralKey)).toEqual(signedBy(token));
  });

  it.for<[string, RequestInit['body'] | undefined, Record<string, string>]>([
    ['no body', undefined, {}],
    ['an empty body', '', {}],
    ['null as JSON', 'null', { 'content-type': 'application/json' }],
    ['an empty object', '{}', { 'content-type': 'application/json' }],
  ])(
    'signs without a token for anyone who posts the link of the mail with %s (SIGN-5)',
    async ([_case, body, headers]) => {
      const { token, signPath, ephemeralKey } = await invited(app);
      expect(signPath).toMatch(/^\/api\/v1\/sign-ed25519\?/);
      for (const path of [signPath, signPath.replace('/api/v1/', '/v2/')]) {
        const answer = await app.call('POST', `${path}&mxid=${encodeURIComponent(dora)}`, {
          body,
          headers: { ...fromInternet, ...headers },
        });
        expect(await checkSigned(app, answer, ephemeralKey)).toEqual(signedBy(token));
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      }
    },
  );

  it('accepts the key in either alphabet, and with blanks instead of pluses (SIGN-4, KEY-5)', async () => {
    const { token, privateKey, ephemeralKey } = await invited(app);
    const spellings = [
      privateKey,
      `${privateKey}=`,
      privateKey.replaceAll('+', '-').replaceAll('/', '_'),
      privateKey.replaceAll('+', ' '),
    ];
    for (const private_key of spellings) {
      const query = new URLSearchParams({ token, private_key, mxid: dora }).toString();
      const answer = await app.call('POST', `/v2/sign-ed25519?${query}`);
      expect(await checkSigned(app, answer, ephemeralKey)).toEqual(signedBy(token));
    }
  });

  it.for([
    ['an unknown token', { token: 'none' }, 404, 'M_UNRECOGNIZED'],
    ['a malformed token', { token: 'a b' }, 400, 'M_INVALID_PARAM'],
    ['an invalid key', { private_key: 'nonsense' }, 400, 'M_INVALID_PARAM'],
    ['a key of 31 bytes', { private_key: 'A'.repeat(42) }, 400, 'M_INVALID_PARAM'],
    ['an empty key', { private_key: '' }, 400, 'M_INVALID_PARAM'],
    ['text that is not a user', { mxid: 'dora' }, 400, 'M_INVALID_PARAM'],
    ['no user', { mxid: undefined }, 400, 'M_MISSING_PARAMS'],
    ['no token', { token: undefined }, 400, 'M_MISSING_PARAMS'],
  ] as const)('refuses %s (SIGN-2, SIGN-4)', async ([_case, change, status, errcode]) => {
    const { token, privateKey } = await invited(app);
    const parameters = Object.entries({ mxid: dora, token, private_key: privateKey, ...change }).filter(
      (parameter): parameter is [string, string] => parameter[1] !== undefined,
    );
    const query = new URLSearchParams(parameters).toString();
    const asLink = await app.call('POST', `/api/v1/sign-ed25519?${query}`, { headers: fromInternet });
    expect([asLink.status, asLink.json.errcode]).toEqual([status, errcode]);
    const asBody = await app.call('POST', '/v2/sign-ed25519', {
      token: await app.signIn(dora),
      body: Object.fromEntries(parameters),
    });
    expect([asBody.status, asBody.json.errcode]).toEqual([status, errcode]);
  });
});
