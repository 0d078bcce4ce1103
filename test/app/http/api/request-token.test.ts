import { describe, expect, it } from 'vitest';
import { Templates } from '../../../../src/adapters/messaging/templates.js';
import { DomainError } from '../../../../src/domain/shared/errors.js';
import { DeliveryError } from '../../../../src/ports/message-sender.js';
import { alice, bob } from '../../../support/fakes.js';
import { startApp } from '../../../support/test-app.js';
import { useApp } from '../../../support/http.js';

const mail = { client_secret: 'monkeys_are_GREAT', email: 'alice@example.com', send_attempt: 1 };
const text = { client_secret: 'monkeys_are_GREAT', country: 'GB', phone_number: '07700900001', send_attempt: 1 };

const atEmail = '/v2/validate/email/requestToken';
const atMsisdn = '/v2/validate/msisdn/requestToken';

describe('requestToken for an email address', () => {
  const app = useApp();

  it('mails a token to the folded address and returns the sid (EM-2, EM-5, EM-14)', async () => {
    const token = await app.signIn(alice);
    const { status, json } = await app.call('POST', atEmail, { token, body: { ...mail, email: 'Strauß@Example.com' } });
    expect(status).toBe(200);
    expect(json).toEqual({ sid: expect.stringMatching(/^[0-9a-zA-Z.=_-]{1,255}$/) });
    expect(app.mails.sent.map(({ to }) => to.address)).toEqual(['strauss@example.com']);
  });

  it.for(['guest@weiß.example', 'user@straße.example'])(
    'sends no mail to %s, which folds to another domain, and says why',
    async (address) => {
      const token = await app.signIn(alice);
      const { status, json } = await app.call('POST', atEmail, { token, body: { ...mail, email: address } });
      expect([status, json.errcode]).toEqual([400, 'M_INVALID_EMAIL']);
      expect(json.error).toMatch(/has a different domain/);
      expect(app.mails.sent).toEqual([]);
    },
  );

  it('accepts the attempt as a number and as digits, and sends only for a higher one (EM-3, EM-4)', async () => {
    const token = await app.signIn(alice);
    const ask = async (send_attempt: unknown) =>
      (await app.call('POST', atEmail, { token, body: { ...mail, send_attempt } })).json.sid;
    const sid = await ask('1');
    expect(await ask(1)).toBe(sid);
    expect(app.mails.sent).toHaveLength(1);
    expect(await ask('2')).toBe(sid);
    expect(app.mails.sent).toHaveLength(2);
  });

  it.for([
    ['two at signs', { email: 'a@b@c' }, 'M_INVALID_EMAIL'],
    ['no at sign', { email: 'foo' }, 'M_INVALID_EMAIL'],
    ['a display name', { email: 'Alice <alice@example.com>' }, 'M_INVALID_EMAIL'],
    ['a line break', { email: 'alice@example.com\nbcc: bob@example.com' }, 'M_INVALID_EMAIL'],
    ['an empty address', { email: '' }, 'M_INVALID_EMAIL'],
    ['an address of 500 bytes and more', { email: `${'a'.repeat(500)}@example.com` }, 'M_INVALID_EMAIL'],
    ['a number as an address', { email: 1 }, 'M_INVALID_PARAM'],
    ['no address', { email: undefined }, 'M_MISSING_PARAMS'],
    ['no secret', { client_secret: undefined }, 'M_MISSING_PARAMS'],
    ['an empty secret', { client_secret: '' }, 'M_INVALID_PARAM'],
    ['a secret with a blank', { client_secret: 'a b' }, 'M_INVALID_PARAM'],
    ['a secret with a line break', { client_secret: 'a\n' }, 'M_INVALID_PARAM'],
    ['a secret of 256 characters', { client_secret: 'a'.repeat(256) }, 'M_INVALID_PARAM'],
    ['no attempt', { send_attempt: undefined }, 'M_MISSING_PARAMS'],
    ['a fractional attempt', { send_attempt: 1.5 }, 'M_INVALID_PARAM'],
    ['a negative attempt', { send_attempt: -1 }, 'M_INVALID_PARAM'],
    ['a word as an attempt', { send_attempt: 'once' }, 'M_INVALID_PARAM'],
    ['an attempt that is too large', { send_attempt: 1e300 }, 'M_INVALID_PARAM'],
    ['an attempt that no counter holds', { send_attempt: 2 ** 31 }, 'M_INVALID_PARAM'],
    ['a list as an attempt', { send_attempt: [1] }, 'M_INVALID_PARAM'],
    ['a number as a link', { next_link: 1 }, 'M_INVALID_PARAM'],
  ] as const)('refuses %s and sends nothing (EM-1, EM-6, ID-3)', async ([_case, change, errcode]) => {
    const token = await app.signIn(alice);
    const { status, json } = await app.call('POST', atEmail, { token, body: { ...mail, ...change } });
    expect([status, json.errcode]).toEqual([400, errcode]);
    expect(app.mails.sent).toEqual([]);
  });

  it.for([0, '0'])('sends for the attempt %j (EM-4)', async (send_attempt) => {
    const token = await app.signIn(alice);
    expect((await app.call('POST', atEmail, { token, body: { ...mail, send_attempt } })).status).toBe(200);
    expect(app.mails.sent).toHaveLength(1);
  });

  it('reports that the mail could not be sent, and sends it when the request is repeated (EM-6)', async () => {
    const token = await app.signIn(alice);
    app.mails.failure = new Error('550 no such mailbox');
    const { status, json } = await app.call('POST', atEmail, { token, body: mail });
    expect(status).toBe(400);
    expect(json).toEqual({ errcode: 'M_EMAIL_SEND_ERROR', error: expect.not.stringContaining('550') });
    app.mails.failure = undefined;
    expect((await app.call('POST', atEmail, { token, body: mail })).status).toBe(200);
    expect(app.mails.sent).toHaveLength(1);
  });

  it('says which server did not accept the mail, and why (EM-6)', async () => {
    const token = await app.signIn(alice);
    app.mails.failure = new DeliveryError('mail server relay.example.org:25', 'its certificate is not trusted');
    expect((await app.call('POST', atEmail, { token, body: mail })).json).toEqual({
      errcode: 'M_EMAIL_SEND_ERROR',
      error: 'The mail could not be sent',
    });
  });

  it('says when to retry if the relay defers the mail, and why if it cannot accept the address (EM-6)', async () => {
    const token = await app.signIn(alice);
    app.mails.failure = new DeliveryError('mail server relay.example.org:25', 'said: 451 4.7.1 Greylisted', false, {
      advice: 'please try again in a few minutes',
    });
    expect((await app.call('POST', atEmail, { token, body: mail })).json).toEqual({
      errcode: 'M_EMAIL_SEND_ERROR',
      error: 'The mail could not be sent: please try again in a few minutes',
    });
    app.mails.failure = new DeliveryError('mail server relay.example.org:25', 'said: 550 5.1.1 No such user', true);
    expect((await app.call('POST', atEmail, { token, body: mail })).json).toEqual({
      errcode: 'M_EMAIL_SEND_ERROR',
      error: 'The mail could not be sent: the same message would be refused again',
    });
  });

  it('publishes no address (EM-10)', async () => {
    const token = await app.signIn(alice);
    const { json } = await app.call('POST', atEmail, { token, body: mail });
    const proof = { sid: json.sid, client_secret: mail.client_secret, token: app.mails.token };
    await app.call('POST', '/v2/validate/email/submitToken', { token, body: proof });
    const { lookup_pepper: pepper } = (await app.call('GET', '/v2/hash_details', { token })).json;
    const body = { algorithm: 'none', pepper, addresses: ['alice@example.com email'] };
    expect((await app.call('POST', '/v2/lookup', { token, body })).json).toEqual({ mappings: {} });
  });

  it('passes the language of the client on', async () => {
    const token = await app.signIn(alice);
    await app.call('POST', `${atEmail}?brand=element`, { token, body: mail, headers: { 'accept-language': 'de' } });
    expect(app.mails.sent[0]?.message.preferences).toEqual({ brand: 'element', acceptLanguage: 'de' });
  });

  it('uses the brand of the homeserver of the user', async () => {
    const pages = new Templates({
      brand: 'islet',
      brands: { 'example.org': 'islet' },
      language: 'en',
      serverName: 'id.example.org',
    });
    const branded = await startApp({ http: { pages } });
    const token = await branded.signIn(alice);
    await branded.call('POST', `${atEmail}?brand=element`, { token, body: mail });
    expect(branded.mails.sent[0]?.message.preferences.brand).toBe('islet');
    await branded.close();
  });

  it.for([
    ['https://app.example.org/#/x?y=1', 'https://app.example.org/#/x?y=1'],
    ['http://app.example.org', 'http://app.example.org'],
    ['https://evil.example/phish', undefined],
    ['http://10.0.0.5/', undefined],
    ['https://app.example.org@evil.example/', undefined],
    ['https://evil.example\\@app.example.org/', undefined],
    ['https://app.example.org.evil.example/', undefined],
    ['https://app.example.org:8443/', undefined],
    ['file:///index.html', undefined],
    ['javascript:alert(1)', undefined],
    ['//app.example.org', undefined],
    ['https://app.example.org/\r\nset-cookie: a=b', undefined],
    ['https://', undefined],
    ['', undefined],
    [null, undefined],
  ] as const)('keeps the link %j as %j (EM-13)', async ([next_link, kept]) => {
    const token = await app.signIn(alice);
    const { status, json } = await app.call('POST', atEmail, { token, body: { ...mail, next_link } });
    expect(status).toBe(200);
    expect((await app.stores.sessions.get(json.sid as string))?.nextLink).toBe(kept);
  });
});

describe('requestToken for a phone number', () => {
  const app = useApp();

  it.for([
    ['in national notation', { country: 'GB', phone_number: '07700 900001' }, '447700900001', '+44 7700 900001'],
    [
      'with a plus and its country',
      { country: 'GB', phone_number: '+447700900001' },
      '447700900001',
      '+44 7700 900001',
    ],
    [
      'with a plus and country null, as Element Web sends it',
      { country: null, phone_number: '+4917012345678' },
      '4917012345678',
      '+49 170 12345678',
    ],
    [
      'with a plus and no country',
      { country: undefined, phone_number: '+447700900001' },
      '447700900001',
      '+44 7700 900001',
    ],
    [
      'with a plus and an empty country',
      { country: '', phone_number: '+447700900001' },
      '447700900001',
      '+44 7700 900001',
    ],
    [
      'in E.164 without a plus, as Element Android sends it',
      { country: 'DE', phone_number: '4917012345678' },
      '4917012345678',
      '+49 170 12345678',
    ],
    [
      'with the country in small letters',
      { country: 'gb', phone_number: '07700900001' },
      '447700900001',
      '+44 7700 900001',
    ],
  ] as const)('accepts a number %s (MS-1, MS-3, MS-4)', async ([_case, number, msisdn, intl_fmt]) => {
    const token = await app.signIn(alice);
    const { status, json } = await app.call('POST', atMsisdn, { token, body: { ...text, ...number } });
    expect(status).toBe(200);
    expect(json).toEqual({ sid: expect.any(String), success: true, msisdn, intl_fmt });
    expect(app.texts.sent.map(({ to }) => to)).toEqual([{ medium: 'msisdn', address: msisdn }]);
    expect(app.texts.token).toMatch(/^\d{6}$/);
  });

  it.for([
    ['no number', { phone_number: undefined }, 'M_MISSING_PARAMS'],
    ['letters', { phone_number: 'call me' }, 'M_INVALID_ADDRESS'],
    ['too few digits', { phone_number: '12' }, 'M_INVALID_ADDRESS'],
    ['an emergency number', { phone_number: '110', country: 'DE' }, 'M_INVALID_ADDRESS'],
    ['a number without a country', { country: null }, 'M_INVALID_ADDRESS'],
    ['a number with an invalid country', { country: 'XX' }, 'M_INVALID_ADDRESS'],
    [
      'a number without its plus or its trunk prefix',
      { phone_number: '41791234567', country: 'DE' },
      'M_INVALID_ADDRESS',
    ],
    ['a JSON number', { phone_number: 447700900001 }, 'M_INVALID_PARAM'],
    ['a number as a country', { country: 44 }, 'M_INVALID_PARAM'],
    ['a bad secret', { client_secret: 'ä' }, 'M_INVALID_PARAM'],
  ] as const)('refuses %s and sends nothing (MS-5)', async ([_case, change, errcode]) => {
    const token = await app.signIn(alice);
    const { status, json } = await app.call('POST', atMsisdn, { token, body: { ...text, ...change } });
    expect([status, json.errcode]).toEqual([400, errcode]);
    expect(app.texts.sent).toEqual([]);
  });

  it.for([null, 'UK', ''])('says that a number without a plus requires a country, for %j', async (country) => {
    const token = await app.signIn(alice);
    const { json } = await app.call('POST', atMsisdn, { token, body: { ...text, country } });
    expect(json.error).toContain('needs a country (two letters such as GB)');
  });

  it.for([
    ['the text message cannot be sent', new Error('gateway away'), 'M_SEND_ERROR'],
    ['nothing is sent to this country', new DomainError('destination_rejected'), 'M_DESTINATION_REJECTED'],
  ] as const)('reports that %s (MS-5, MS-7)', async ([_case, failure, errcode]) => {
    app.texts.failure = failure;
    const { status, json } = await app.call('POST', atMsisdn, { token: await app.signIn(alice), body: text });
    expect([status, json.errcode]).toEqual([400, errcode]);
  });
});

describe('limits of messages', () => {
  const once = { amount: 1, windowMs: 90_500 };
  const app = useApp({ quotas: { mail: { perAddress: once }, sms: { perNumber: once } } });

  it.for([
    [atEmail, mail],
    [atMsisdn, text],
  ] as const)('are reported with the time to retry, at %s (G-14)', async ([path, body]) => {
    const token = await app.signIn(alice);
    expect((await app.call('POST', path, { token, body })).status).toBe(200);
    const { status, json, headers } = await app.call('POST', path, { token, body: { ...body, send_attempt: 2 } });
    expect(status).toBe(429);
    expect(json).toEqual({ errcode: 'M_LIMIT_EXCEEDED', error: expect.any(String), retry_after_ms: 90_500 });
    expect(headers.get('retry-after')).toBe('91');
  });
});

describe('limits per client', () => {
  const app = useApp({ quotas: { mail: { perClient: { amount: 1, windowMs: 60_000 } } } });

  it('count the client behind a trusted proxy, not the address that the client claims', async () => {
    const ask = (address: string, forwarded: string) =>
      app.call('POST', '/api/v1/validate/email/requestToken', {
        body: { ...mail, email: address },
        headers: { 'x-forwarded-for': forwarded },
      });
    expect((await ask('a@example.com', '10.0.0.1')).status).toBe(200);
    expect((await ask('b@example.com', '10.0.0.2')).status).toBe(200);
    expect((await ask('c@example.com', '10.9.9.9, 10.0.0.1')).status).toBe(429);
  });
});

describe('limits per user', () => {
  const once = { amount: 1, windowMs: 60_000 };
  const app = useApp({ quotas: { mail: { perUser: once }, sms: { perUser: once } } });

  it.for([
    [atEmail, mail, { email: 'other@example.com' }],
    [atMsisdn, text, { phone_number: '07700900002' }],
  ] as const)('count per signed-in user, at %s', async ([path, body, other]) => {
    const [ofAlice, ofBob] = [await app.signIn(alice), await app.signIn(bob)];
    expect((await app.call('POST', path, { token: ofAlice, body })).status).toBe(200);
    expect((await app.call('POST', path, { token: ofAlice, body: { ...body, ...other } })).status).toBe(429);
    expect((await app.call('POST', path, { token: ofBob, body: { ...body, ...other } })).status).toBe(200);
  });
});

describe('requestToken in v1', () => {
  const app = useApp();

  const v1 = '/api/v1/validate';

  it('accepts JSON, a form or a query, without a token (V1-2, G-6)', async () => {
    const fields = { client_secret: 'a', email: 'alice@example.com', send_attempt: '1' };
    const form = new URLSearchParams(fields);
    const asked = [
      await app.call('POST', `${v1}/email/requestToken`, {
        body: fields,
        headers: { 'content-type': 'application/json' },
      }),
      await app.call('POST', `${v1}/email/requestToken`, { body: form }),
      await app.call('POST', `${v1}/email/requestToken?${form.toString()}`),
      await app.call('POST', `${v1}/email/requestToken?email=bob@example.com`, { body: form }),
    ];
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const sids = asked.map(({ json }) => json.sid as string);
    expect(new Set(sids).size).toBe(1);
    expect(asked[0]?.json).toEqual({ sid: sids[0], success: true });
    expect(app.mails.sent).toHaveLength(1);
  });

  it('works for the phone number delegation of Synapse (V1-2)', async () => {
    const asked = await app.call('POST', `${v1}/msisdn/requestToken`, { body: text });
    expect(asked.json).toEqual({
      sid: expect.any(String),
      success: true,
      msisdn: '447700900001',
      intl_fmt: '+44 7700 900001',
    });
    const proof = { sid: asked.json.sid as string, client_secret: text.client_secret, token: app.texts.token };
    expect((await app.call('POST', `${v1}/msisdn/submitToken`, { body: proof })).json).toEqual({ success: true });
    const { sid, client_secret } = proof;
    const query = new URLSearchParams({ sid, client_secret }).toString();
    const { status, json } = await app.call('GET', `/api/v1/3pid/getValidated3pid?${query}`);
    expect(status).toBe(200);
    expect(json).toEqual({ medium: 'msisdn', address: '447700900001', validated_at: app.clock.now() });
  });
});
