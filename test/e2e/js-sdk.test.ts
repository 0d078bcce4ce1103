import { createClient, type MatrixClient, SERVICE_TYPES } from 'matrix-js-sdk';
import type { Logger } from 'matrix-js-sdk/lib/logger.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ID_SERVER, startWorld, type World } from '../support/synapse/world.js';

/** The SDK logs every request. */
const silent: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  getChild: () => silent,
};

const ROOM = '!harbour:example.org';

/** A client of a user of the homeserver, signed in at the identity server. */
async function signInAt(world: World, localpart: string): Promise<{ client: MatrixClient; token: string }> {
  let token = '';
  const client = createClient({
    logger: silent,
    baseUrl: world.synapse.url,
    idBaseUrl: world.islet.url,
    accessToken: `access-of-${localpart}`,
    userId: `@${localpart}:example.org`,
    identityServer: { getAccessToken: async () => token },
  });
  const answer = await client.registerWithIdentityServer(await client.getOpenIdToken());
  token = answer.token;
  expect(answer.access_token).toBe(token);
  return { client, token };
}

describe('the Matrix SDK for JavaScript', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());

  const signIn = (localpart: string) => signInAt(world, localpart);

  /** Validates an email address and binds it, as "Discovery" in the settings does. */
  async function bindEmail(client: MatrixClient, token: string, address: string): Promise<void> {
    const secret = client.generateClientSecret();
    const { sid } = await client.requestEmailToken(address, secret, 1, undefined, token);
    await world.follow(await world.linkMailedTo(address.toLowerCase()));
    await client.bindThreePid({ sid, client_secret: secret, id_server: ID_SERVER, id_access_token: token });
  }

  it('signs in and reads the account and the terms (G-2, AUTH-1, AUTH-3, AUTH-6, TERMS-1)', async () => {
    const { client, token } = await signIn('alice');
    expect(await client.getIdentityAccount(token)).toEqual({ user_id: '@alice:example.org' });
    expect(await client.getTerms(SERVICE_TYPES.IS, world.islet.url)).toEqual({ policies: {} });
    await client.agreeToTerms(SERVICE_TYPES.IS, world.islet.url, token, []);
  });

  it('receives an error for an invalid token (AUTH-5)', async () => {
    const { client } = await signIn('alice');
    await expect(client.getIdentityAccount('nonsense')).rejects.toMatchObject({
      httpStatus: 401,
      errcode: 'M_UNAUTHORIZED',
    });
  });

  it('validates and binds an email address, and finds it with each of its lookups (EM-3, EM-14, LOOK-6, LOOK-9, BIND-3, UNB-4)', async () => {
    const { client, token } = await signIn('bob');
    const bound = { address: 'bob@example.net', mxid: '@bob:example.org' };
    await bindEmail(client, token, 'Bob@Example.net');

    const pairs = (...addresses: string[]): [string, string][] => addresses.map((address) => [address, 'email']);
    const hashed = await client.identityHashedLookup(pairs('bob@example.net', 'nobody@example.net'), token);
    expect(hashed).toEqual([bound]);
    expect(await client.lookupThreePid('email', 'bob@example.net', token)).toEqual({ ...bound, medium: 'email' });
    expect(await client.lookupThreePid('email', 'nobody@example.net', token)).toEqual({});
    const asked: [string, string][] = [
      ['email', 'bob@example.net'],
      ['email', 'nobody@example.net'],
    ];
    expect(await client.bulkLookupThreePids(asked, token)).toEqual({
      threepids: [['email', 'bob@example.net', '@bob:example.org']],
    });

    expect(await client.unbindThreePid('email', 'bob@example.net')).toEqual({ id_server_unbind_result: 'success' });
    expect(await client.identityHashedLookup(pairs('bob@example.net'), token)).toEqual([]);
  });

  it('validates and binds a phone number with the code of a text message (MS-2, MS-3, MS-4, MS-6)', async () => {
    const { client, token } = await signIn('carol');
    const secret = client.generateClientSecret();
    // Element Web sends no country if the number begins with a plus.
    const country = null as unknown as string;
    const asked = await client.requestMsisdnToken(country, '+447700900001', secret, 1, undefined, token);
    expect(asked).toMatchObject({ success: true, msisdn: '447700900001', intl_fmt: '+44 7700 900001' });

    const wrong = client.submitMsisdnToken(asked.sid, secret, '000000x', token);
    await expect(wrong).rejects.toMatchObject({ httpStatus: 400, errcode: 'M_TOKEN_INCORRECT' });
    const code = world.codeTextedTo('447700900001');
    expect(await client.submitMsisdnToken(asked.sid, secret, code, token)).toEqual({ success: true });
    const proof = { sid: asked.sid, client_secret: secret };
    await client.bindThreePid({ ...proof, id_server: ID_SERVER, id_access_token: token });
    expect(await client.lookupThreePid('msisdn', '447700900001', token)).toMatchObject({ mxid: '@carol:example.org' });
  });

  it('invites by email, and the invited person joins with the link in the mail (INV-13, SIGN-5)', async () => {
    const { client } = await signIn('alice');
    await client.inviteByThreePid(ROOM, 'email', 'dora@example.net');
    const inviteSignUrl = world.signUrlOf(await world.linkMailedTo('dora@example.net'));

    const dora = await signIn('dora');
    await expect(dora.client.joinRoom(ROOM)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' });
    await dora.client.joinRoom(ROOM, { inviteSignUrl });
    expect(world.synapse.members.get(`${ROOM} @dora:example.org`)).toBe('join');
  });

  it('invites the person who binds the invited address (ONB-1, ONB-7)', async () => {
    const { client } = await signIn('alice');
    await client.inviteByThreePid(ROOM, 'email', 'emil@example.net');
    const emil = await signIn('emil');
    await bindEmail(emil.client, emil.token, 'emil@example.net');
    await eventually(() => world.synapse.members.has(`${ROOM} @emil:example.org`));
    await emil.client.joinRoom(ROOM);
    expect(world.synapse.members.get(`${ROOM} @emil:example.org`)).toBe('join');
    expect(world.synapse.rejected).toEqual([]);
  });
});

describe('the Matrix SDK for JavaScript with terms', () => {
  const en = { name: 'Privacy', url: 'https://example.org/privacy/1/en' };
  const de = { name: 'Datenschutz', url: 'https://example.org/privacy/1/de' };
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ terms: { policies: { privacy: { version: '1', languages: { en, de } } } } });
  });
  afterAll(() => world?.close());

  it('is refused until it has shown and accepted the terms, as Element does (AUTH-6, TERMS-3, TERMS-4, TERMS-5, TERMS-9)', async () => {
    const { client, token } = await signInAt(world, 'alice');
    const unsigned = { httpStatus: 403, errcode: 'M_TERMS_NOT_SIGNED' };
    await expect(client.getIdentityAccount(token)).rejects.toMatchObject(unsigned);
    const mail = () => client.requestEmailToken('alice@example.net', 'secret', 1, undefined, token);
    await expect(mail()).rejects.toMatchObject(unsigned);
    expect(world.mails.mails).toHaveLength(0);

    const { policies } = await client.getTerms(SERVICE_TYPES.IS, world.islet.url);
    expect(policies).toEqual({ privacy: { version: '1', en, de } });
    await client.agreeToTerms(SERVICE_TYPES.IS, world.islet.url, token, [de.url]);
    expect(await client.getIdentityAccount(token)).toEqual({ user_id: '@alice:example.org' });
    expect(await mail()).toMatchObject({ sid: expect.any(String) });
  });
});
