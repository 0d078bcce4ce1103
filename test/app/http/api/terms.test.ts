import { describe, expect, it } from 'vitest';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { alice, bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

describe('a server without terms', () => {
  const app = useApp();

  it('returns an empty list without authentication (TERMS-1)', async () => {
    const { status, json } = await app.call('GET', '/v2/terms');
    expect([status, json]).toEqual([200, { policies: {} }]);
  });

  it.for([[[]], [['https://id.example.org/terms/privacy/1/en']]])(
    'accepts %j: clients may know URLs that the server does not (TERMS-4, TERMS-6)',
    async ([user_accepts]) => {
      const { status, json } = await app.call('POST', '/v2/terms', {
        token: await app.signIn(alice),
        body: { user_accepts },
      });
      expect([status, json]).toEqual([200, {}]);
    },
  );

  it.for([
    [{}, 'M_MISSING_PARAMS'],
    [{ user_accepts: 'https://id.example.org' }, 'M_INVALID_PARAM'],
    [{ user_accepts: [1] }, 'M_INVALID_PARAM'],
  ] as const)('refuses %j with %s', async ([body, errcode]) => {
    const { status, json } = await app.call('POST', '/v2/terms', { token: await app.signIn(alice), body });
    expect([status, json.errcode]).toEqual([400, errcode]);
  });
});

describe('the terms', () => {
  const at = 'https://id.example.org/_matrix/identity/terms';
  const policies = [
    {
      id: 'privacy',
      version: '1.2',
      languages: {
        en: { name: 'Privacy', url: `${at}/privacy/1.2/en` },
        de: { name: 'Datenschutz', url: `${at}/privacy/1.2/de` },
      },
    },
    { id: 'rules', version: '1', languages: { en: { name: 'Rules', url: `${at}/rules/1/en` } } },
  ];
  const app = useApp({ policies });
  const accept = (token: string, ...user_accepts: string[]) =>
    app.call('POST', '/v2/terms', { token, body: { user_accepts } });

  it('are listed without authentication, with title and URL by language (TERMS-1)', async () => {
    const { status, json } = await app.call('GET', '/v2/terms');
    expect(status).toBe(200);
    expect(json).toEqual({
      policies: {
        privacy: {
          version: '1.2',
          en: { name: 'Privacy', url: `${at}/privacy/1.2/en` },
          de: { name: 'Datenschutz', url: `${at}/privacy/1.2/de` },
        },
        rules: { version: '1', en: { name: 'Rules', url: `${at}/rules/1/en` } },
      },
    });
  });

  const invite = { medium: 'email', address: 'carol@example.com', room_id: '!r:example.org', sender: alice };
  const attempt = { client_secret: 's', send_attempt: 1 };
  it.for([
    ['GET', '/v2/account', undefined],
    ['GET', '/v2/hash_details', undefined],
    ['POST', '/v2/lookup', { algorithm: 'none', pepper: 'p', addresses: [] }],
    ['POST', '/v2/validate/email/requestToken', { email: 'alice@example.com', ...attempt }],
    ['POST', '/v2/validate/msisdn/requestToken', { phone_number: '+442071838750', country: 'GB', ...attempt }],
    ['POST', '/v2/validate/email/submitToken', { sid: 's', client_secret: 's', token: 't' }],
    ['POST', '/v2/validate/msisdn/submitToken', { sid: 's', client_secret: 's', token: 't' }],
    ['GET', '/v2/3pid/getValidated3pid?sid=s&client_secret=s', undefined],
    ['POST', '/v2/3pid/bind', { sid: 's', client_secret: 's', mxid: alice }],
    ['POST', '/v2/store-invite', invite],
    ['POST', '/v2/sign-ed25519', { mxid: alice, token: 't', private_key: 'k' }],
  ] as const)('are required before %s %s (TERMS-3, TERMS-9)', async ([method, path, body]) => {
    const token = await app.signIn(alice);
    const { status, json } = await app.call(method, path, { token, body });
    expect([status, json.errcode]).toEqual([403, 'M_TERMS_NOT_SIGNED']);
    expect([...app.mails.sent, ...app.texts.sent]).toEqual([]);
    expect(await app.stores.sessions.find(email('alice@example.com'), 's')).toBeUndefined();
    expect(await app.stores.invites.waitingThreepids()).toEqual([]);

    await accept(token, `${at}/privacy/1.2/de`, `${at}/rules/1/en`);
    expect((await app.call(method, path, { token, body })).json?.errcode).not.toBe('M_TERMS_NOT_SIGNED');
  });

  it('require every policy, in one or several requests, and count for one user (TERMS-4, TERMS-5)', async () => {
    const token = await app.signIn(alice);
    const isSigned = async () => (await app.call('GET', '/v2/account', { token })).status;
    expect((await accept(token, `${at}/privacy/1.2/de`)).json).toEqual({});
    expect(await isSigned()).toBe(403);
    await accept(token, `${at}/rules/1/en`, 'https://example.org/unknown');
    expect(await isSigned()).toBe(200);
    expect((await app.call('GET', '/v2/account', { token: await app.signIn(bob) })).status).toBe(403);
    expect((await app.call('GET', '/v2/account', { token: await app.signIn(alice) })).status).toBe(200);
  });

  it('do not prevent signing out', async () => {
    const { status } = await app.call('POST', '/v2/account/logout', { token: await app.signIn(alice) });
    expect(status).toBe(200);
  });

  it('can only be accepted by users', async () => {
    const { status, json } = await app.call('POST', '/v2/terms', { body: { user_accepts: [`${at}/rules/1/en`] } });
    expect([status, json.errcode]).toEqual([401, 'M_UNAUTHORIZED']);
  });
});

describe('the texts of terms', () => {
  const documents = new Map([
    ['privacy/1/de', { language: 'de', title: 'Daten & Schutz', html: '<p>Nur das Nötigste.</p>' }],
  ]);
  const app = useApp({ http: { documents } });
  const get = (path: string) => fetch(`http://127.0.0.1:${app.port}/_matrix/identity/terms/${path}`);

  it('are pages in their own language, without scripts or external resources', async () => {
    const response = await get('privacy/1/de');
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('content-language')).toBe('de');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(html).toContain('<html lang="de" dir="ltr">');
    expect(html).toContain('<h1>Daten &amp; Schutz</h1>');
    expect(html).toContain('<p>Nur das Nötigste.</p>');
  });

  it.for(['privacy/1/en', 'privacy/2/de', '__proto__/1/de', 'privacy/1/de/more', '..%2f..%2fetc/passwd/x', ''])(
    'are not found at %j',
    async (path) => {
      const response = await get(path);
      expect([response.status, ((await response.json()) as { errcode: string }).errcode]).toEqual([
        404,
        'M_UNRECOGNIZED',
      ]);
    },
  );
});
