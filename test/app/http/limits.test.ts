import { describe, expect, it } from 'vitest';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob } from '../../support/fakes.js';
import { useApp } from '../../support/http.js';

const hourly = (amount: number) => ({ amount, windowMs: 3_600_000 });
const from = (address: string) => ({ 'x-forwarded-for': address });

describe('limits for clients of v1, which have no user', () => {
  const app = useApp({
    quotas: {
      lookup: { addressesPerClient: hourly(5) },
      invites: { perClient: hourly(2), perSender: hourly(9) },
      sms: { perUser: hourly(1), perClient: hourly(3) },
    },
  });
  const known = new URLSearchParams({ medium: 'email', address: 'anna@example.org' }).toString();
  const store = (address: string, sender: string, client: string) =>
    app.call('POST', '/api/v1/store-invite', {
      headers: from(client),
      body: { medium: 'email', address, room_id: '!room:example.org', sender },
    });

  it('count the addresses of lookups, one by one and in bulk, and of invitations', async () => {
    await app.bind(email('anna@example.org'), alice);
    const lookup = () => app.call('GET', `/api/v1/lookup?${known}`, { headers: from('10.0.0.1') });
    const bulk = (count: number) =>
      app.call('POST', '/api/v1/bulk_lookup', {
        headers: from('10.0.0.1'),
        body: { threepids: Array.from({ length: count }, (_, i) => ['email', `m${i}@example.org`]) },
      });
    expect((await lookup()).json.mxid).toBe(alice);
    expect((await bulk(3)).status).toBe(200);
    expect((await bulk(2)).json.errcode).toBe('M_LIMIT_EXCEEDED');
    expect((await store('anna@example.org', bob, '10.0.0.1')).json.errcode).toBe('M_THREEPID_IN_USE');
    for (const answer of [await lookup(), await bulk(1), await store('anna@example.org', bob, '10.0.0.1')]) {
      expect([answer.status, answer.json.errcode]).toEqual([429, 'M_LIMIT_EXCEEDED']);
    }
    const other = await app.call('GET', `/api/v1/lookup?${known}`, { headers: from('10.0.0.2') });
    expect(other.json.mxid).toBe(alice);
  });

  it('count the invitations of a client, whatever senders the client names', async () => {
    const statuses = [];
    for (let i = 0; i < 4; i++)
      statuses.push((await store(`v${i}@example.org`, `@m${i}:evil.example`, '10.0.0.3')).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect((await store('v@example.org', bob, '10.0.0.4')).status).toBe(200);
  });

  it('allow a homeserver to send text messages to several people', async () => {
    const text = (i: number) =>
      app.call('POST', '/api/v1/validate/msisdn/requestToken', {
        headers: from('10.0.0.5'),
        body: { client_secret: `secret${i}`, country: 'GB', phone_number: `0770090000${i}`, send_attempt: 1 },
      });
    for (let i = 0; i < 3; i++) expect((await text(i)).status).toBe(200);
    expect((await text(3)).status).toBe(429);
    expect(app.telemetry.all('request').at(-1)).toMatchObject({
      status: 429,
      limit: 'limits.sms.perClient',
      subject: 'client',
    });
  });
});

describe('limits for a homeserver with any number of users', () => {
  const app = useApp({
    quotas: {
      lookup: { addressesPerUser: hourly(9), addressesPerHomeserver: hourly(4) },
      invites: { perSender: hourly(9), perHomeserver: hourly(2) },
      mail: { perUser: hourly(9), perHomeserver: hourly(2), perAddress: hourly(9) },
      signIn: { perHomeserver: hourly(5) },
    },
  });

  it('apply to all of them together, do not affect other homeservers, and are named in the log', async () => {
    const tokens = [];
    for (let i = 0; i < 5; i++) tokens.push(await app.signIn(`@m${i}:evil.example`));
    app.openIdTokens.set('sixth', '@m5:evil.example');
    const sixth = { matrix_server_name: 'evil.example', access_token: 'sixth' };
    const ofAlice = await app.signIn(alice);
    const invite = (token: string, sender: string, i: number) => ({
      path: '/v2/store-invite',
      call: { token, body: { medium: 'email', address: `s${i}@example.com`, room_id: '!r:evil.example', sender } },
    });
    const mail = (token: string, i: number) => ({
      path: '/v2/validate/email/requestToken',
      call: { token, body: { client_secret: 'secret', email: `m${i}@example.com`, send_attempt: 1 } },
    });
    const ask = async ({ path, call }: ReturnType<typeof mail> | ReturnType<typeof invite>) =>
      (await app.call('POST', path, call)).status;

    const invites = [];
    for (const [i, token] of tokens.entries()) invites.push(await ask(invite(token, `@m${i}:evil.example`, i)));
    expect(invites).toEqual([200, 200, 429, 429, 429]);
    expect(app.telemetry.all('request').at(-1)).toMatchObject({
      limit: 'limits.lookup.addressesPerHomeserver',
      subject: 'homeserver',
    });
    expect(await ask(invite(ofAlice, alice, 9))).toBe(200);

    const mails = [];
    for (const [i, token] of tokens.entries()) mails.push(await ask(mail(token, i)));
    expect(mails).toEqual([200, 200, 429, 429, 429]);
    expect(app.telemetry.all('request').at(-1)).toMatchObject({
      status: 429,
      limit: 'limits.mail.perHomeserver',
      subject: 'homeserver',
    });
    expect(JSON.stringify(app.telemetry.lines)).not.toContain('@example.com');
    expect(await ask(mail(ofAlice, 9))).toBe(200);

    expect((await app.call('POST', '/v2/account/register', { body: sixth })).status).toBe(429);
  });
});

describe('a client with IPv6', () => {
  const app = useApp({ quotas: { mail: { perClient: hourly(2) } } });

  it('is counted by its network of 64 bits, in all spellings of its address', async () => {
    const token = await app.signIn(alice);
    const ask = async (client: string, i: number) =>
      (
        await app.call('POST', '/v2/validate/email/requestToken', {
          token,
          headers: from(client),
          body: { client_secret: 'secret', email: `m${i}@example.com`, send_attempt: 1 },
        })
      ).status;
    expect(await ask('2001:db8::1', 0)).toBe(200);
    expect(await ask('2001:DB8:0:0:ffff::2', 1)).toBe(200);
    expect(await ask('2001:0db8::3', 2)).toBe(429);
    expect(await ask('2001:db8:0:1::1', 3)).toBe(200);
    expect(await ask('192.0.2.7', 4)).toBe(200);
    expect(await ask('::ffff:192.0.2.7', 5)).toBe(200);
    expect(await ask('::ffff:c000:207', 6)).toBe(429);
  });
});
