import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { isSigned } from '../support/synapse/signing.js';
import { ID_SERVER, startWorld, type World } from '../support/synapse/world.js';

const ROOM = '!quay:example.org';
const alice = '@alice:example.org';

describe('a homeserver like Synapse', () => {
  let world: World;

  beforeAll(async () => {
    const guests = { file: { name: 'guests', path: 'guests.csv', mirror: false } };
    world = await startWorld(
      { sources: [guests, 'bindings'] },
      { 'guests.csv': 'email,mxid\nkarla@example.net,@karla:example.org\n' },
    );
  });
  afterAll(() => world?.close());

  /** Signs a user in at the identity server. @returns the access token */
  async function signIn(localpart: string): Promise<string> {
    const answer = await new IdentityClient(world.islet.url).register('example.org', `openid-of-${localpart}`);
    return String(answer.body['token']);
  }

  /** A request of a client to its homeserver. */
  async function ask(localpart: string, path: string, body: object) {
    const response = await fetch(`${world.synapse.url}/_matrix/client/v3/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer access-of-${localpart}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  }

  const invite = async (from: string, address: string) =>
    ask(from, `rooms/${encodeURIComponent(ROOM)}/invite`, {
      medium: 'email',
      address,
      id_server: ID_SERVER,
      id_access_token: await signIn(from),
    });

  /** Validates an address at the identity server and binds it through the homeserver. */
  async function bind(localpart: string, address: string) {
    const token = await signIn(localpart);
    const request = { email: address, client_secret: `secret-${localpart}`, send_attempt: '1' };
    const { sid } = (await post('/v2/validate/email/requestToken', request, token)) as { sid: string };
    await world.follow(await world.linkMailedTo(address));
    const proof = { sid, client_secret: request.client_secret };
    return ask(localpart, 'account/3pid/bind', { ...proof, id_server: ID_SERVER, id_access_token: token });
  }

  async function post(path: string, body: object, token: string): Promise<unknown> {
    const response = await fetch(`${world.islet.url}/_matrix/identity${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return response.json();
  }

  it('completes the path from an invitation to a member, and back (AUTH-4, INV-4, KEY-7, ONB-1, ONB-6, ONB-7, UNB-4)', async () => {
    expect((await invite('alice', 'Frida@Example.net')).status).toBe(200);
    const [[token, invitation] = []] = world.synapse.invites;
    expect(invitation).toMatchObject({
      room_id: ROOM,
      sender: alice,
      display_name: expect.not.stringContaining('frida'),
    });
    for (const { public_key, key_validity_url } of invitation?.public_keys ?? []) {
      expect(await world.synapse.identity.isValid(key_validity_url, public_key)).toBe(true);
    }
    await world.linkMailedTo('frida@example.net');

    expect(await bind('frida', 'frida@example.net')).toEqual({ status: 200, json: {} });
    const [onBind] = await eventually(() => world.synapse.onBinds.length > 0 && world.synapse.onBinds);
    expect(onBind).toMatchObject({ medium: 'email', address: 'frida@example.net', mxid: '@frida:example.org' });
    expect(onBind?.['invites']).toMatchObject([{ room_id: ROOM, sender: alice, token, signed: { token } }]);
    const [signature = ''] = Object.values(onBind?.['signatures'][ID_SERVER] as Record<string, string>);
    expect(isSigned(onBind ?? {}, signature, invitation?.public_keys[0]?.public_key ?? '')).toBe(true);
    expect(world.synapse.rejected).toEqual([]);
    expect(world.synapse.members.get(`${ROOM} @frida:example.org`)).toBe('invite');

    const unbind = () =>
      ask('frida', 'account/3pid/unbind', { medium: 'email', address: 'frida@example.net', id_server: ID_SERVER });
    const lookUp = async () => world.synapse.identity.lookUp('email', 'frida@example.net', await signIn('alice'));
    expect(await lookUp()).toBe('@frida:example.org');
    expect((await unbind()).json).toEqual({ id_server_unbind_result: 'success' });
    expect(await lookUp()).toBeUndefined();
  });

  it('invites people whom it finds by their user ID, and stores no invitation for them (LOOK-6, INV-2)', async () => {
    await bind('gerda', 'gerda@example.net');
    const before = world.synapse.invites.size;
    expect((await invite('alice', 'gerda@example.net')).status).toBe(200);
    expect(world.synapse.members.get(`${ROOM} @gerda:example.org`)).toBe('invite');
    expect(world.synapse.invites.size).toBe(before);

    const stored = { medium: 'email', address: 'gerda@example.net', room_id: ROOM, sender: alice };
    expect(await world.synapse.identity.storeInvite(stored, await signIn('alice'))).toMatchObject({
      status: 400,
      json: { errcode: 'M_THREEPID_IN_USE', mxid: '@gerda:example.org' },
    });
  });

  it('invites each known person to the room, in any spelling of their address and through each kind of source (INV-14)', async () => {
    await bind('jona', 'jona@example.net');
    for (const [address, localpart] of [
      ['Jona@Example.Net', 'jona'],
      ['JONA@EXAMPLE.NET', 'jona'],
      ['karla@example.net', 'karla'],
      ['Karla@example.net', 'karla'],
    ] as const) {
      const mxid = `@${localpart}:example.org`;
      const member = `${ROOM} ${mxid}`;
      (world.synapse.members as Map<string, string>).delete(member);
      expect((await invite('alice', address)).status).toBe(200);
      await eventually(() => world.synapse.members.get(member) === 'invite');
    }
    expect(world.synapse.rejected).toEqual([]);
    expect(world.mails.mails.filter(({ envelope }) => envelope.to.some((to) => /^karla@/i.test(to)))).toEqual([]);
  });

  it('unbinds addresses without a binding successfully, so that accounts can be deactivated (UNB-9)', async () => {
    const { synapse } = world;
    expect(await synapse.identity.unbind(alice, 'email', 'never@example.net', ID_SERVER)).toEqual({
      status: 200,
      json: {},
    });
  });

  it('cannot unbind users of other homeservers, nor with a request for another identity server (UNB-3, UNB-5)', async () => {
    await bind('henri', 'henri@example.net');
    const { identity } = world.synapse;
    for (const [mxid, idServer, status] of [
      ['@henri:other.example', ID_SERVER, 403],
      // With 403, Synapse would not deactivate the account.
      ['@henri:example.org', 'id.other.example', 400],
    ] as const) {
      expect(await identity.unbind(mxid, 'email', 'henri@example.net', idServer)).toMatchObject({ status });
    }
    const token = await signIn('alice');
    expect(await identity.lookUp('email', 'henri@example.net', token)).toBe('@henri:example.org');
  });

  it('unbinds under each name under which it binds, also with the default port (UNB-5)', async () => {
    await bind('judith', 'judith@example.net');
    const { identity } = world.synapse;
    const mxid = '@judith:example.org';
    expect((await identity.unbind(mxid, 'email', 'judith@example.net', `${ID_SERVER}:443`)).status).toBe(200);
    expect(await identity.lookUp('email', 'judith@example.net', await signIn('alice'))).toBeUndefined();
  });

  it('validates phone numbers over version 1 without a token (V1-2, MS-3, EM-8)', async () => {
    const { delegate } = world.synapse.identity;
    const secret = { client_secret: 'of-the-client' };
    const number = { country: 'GB', phone_number: '07700900002', send_attempt: 1 };
    const asked = await delegate.requestToken({ ...secret, ...number });
    expect(asked).toMatchObject({ status: 200, json: { sid: expect.any(String), msisdn: '447700900002' } });
    const { sid } = asked.json as { sid: string };

    expect(await delegate.validated(sid, 'of-the-client')).toMatchObject({ status: 400 });
    expect(await delegate.submitToken({ ...secret, sid, token: 'wrong' })).toMatchObject({ status: 400 });
    const token = world.codeTextedTo('447700900002');
    expect(await delegate.submitToken({ ...secret, sid, token })).toEqual({ status: 200, json: { success: true } });
    expect(await delegate.validated(sid, 'of-the-client')).toEqual({
      status: 200,
      json: { medium: 'msisdn', address: '447700900002', validated_at: expect.any(Number) },
    });
  });

  it('keeps its access tokens, its invitations and its keys after a restart (AUTH-8, KEY-7)', async () => {
    const token = await signIn('alice');
    await invite('alice', 'inga@example.net');
    const [invitation] = [...world.synapse.invites.values()].slice(-1);
    expect(invitation?.public_keys).toHaveLength(2);
    await world.islet.restart();

    const { identity } = world.synapse;
    expect(await identity.lookUp('email', 'nobody@example.net', token)).toBeUndefined();
    for (const { public_key, key_validity_url } of invitation?.public_keys ?? []) {
      expect(await identity.isValid(key_validity_url, public_key)).toBe(true);
    }
    await bind('inga', 'inga@example.net');
    await eventually(() => world.synapse.members.has(`${ROOM} @inga:example.org`));
    expect(world.synapse.rejected).toEqual([]);

    // Neither the database nor the log contains the token.
    const data = join(world.islet.folder, 'data');
    const files = await Promise.all(
      (await readdir(data, { withFileTypes: true }))
        .filter((file) => file.isFile())
        .map(({ name }) => readFile(join(data, name), 'latin1')),
    );
    expect([...files, world.islet.log()].filter((text) => text.includes(token))).toEqual([]);
  });
});
