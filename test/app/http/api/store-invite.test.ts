import { describe, expect, it } from 'vitest';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import type { TestApp } from '../../../support/test-app.js';
import { alice, bob } from '../../../support/fakes.js';
import { queued } from '../../../support/jobs.js';
import { useApp } from '../../../support/http.js';

const invite = { medium: 'email', address: 'Carol@Example.com', room_id: '!room:example.org', sender: alice };

const store = async (app: TestApp, body: object) =>
  app.call('POST', '/v2/store-invite', { token: await app.signIn(alice), body });

const mailsOf = (app: TestApp) => queued(app.stores.jobs, 'invite-mail');

describe('store-invite', () => {
  const app = useApp();

  it('returns what a homeserver needs for its invitation (INV-6, INV-7, INV-8, INV-9, KEY-8)', async () => {
    const { status, json } = await store(app, invite);
    expect(status).toBe(200);
    const [{ publicKey: longTerm }] = app.services.signer.keys;
    const keys = 'https://id.example.org/_matrix/identity/v2/pubkey';
    expect(json).toEqual({
      token: expect.stringMatching(/^[0-9a-zA-Z.=_-]{1,255}$/),
      display_name: 'c...@exa...',
      public_keys: [
        { public_key: longTerm, key_validity_url: `${keys}/isvalid` },
        { public_key: expect.stringMatching(/^[A-Za-z0-9+/]{43}$/), key_validity_url: `${keys}/ephemeral/isvalid` },
      ],
      public_key: longTerm,
    });
  });

  it('queues one mail to the folded address, with the name of the room (INV-10, INV-13)', async () => {
    await store(app, {
      ...invite,
      room_name: 'Garden',
      sender_display_name: 'Alice',
      room_type: 'm.space',
      custom: { a: 1 },
    });
    const [mail, ...others] = await mailsOf(app);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      address: 'carol@example.com',
      roomName: 'Garden',
      senderDisplayName: 'Alice',
      roomType: 'm.space',
    });
    expect(mail?.link).toMatch(
      /^https:\/\/app\.example\.org\/#\/room\/!room%3Aexample\.org\?email=carol%40example\.com&signurl=/,
    );
  });

  it.for([
    ['', null],
    [null, null],
    [1, null],
    [{ a: 1 }, null],
    [[], null],
    [true, null],
    ['Garden', 'Garden'],
  ] as const)(
    'accepts %j as the name of a room, because homeservers copy it from the room state (INV-4)',
    async ([value, kept]) => {
      const optional = [
        'room_alias',
        'room_avatar_url',
        'room_join_rules',
        'room_name',
        'room_type',
        'sender_display_name',
        'sender_avatar_url',
        'org.matrix.web_client_location',
        'guest_access_token',
      ];
      const { status } = await store(app, { ...invite, ...Object.fromEntries(optional.map((name) => [name, value])) });
      expect(status).toBe(200);
      const [mail] = await mailsOf(app);
      expect(mail?.roomName).toBe(kept);
    },
  );

  it('puts no overlong name into a mail, and no link', async () => {
    const long = '😀'.repeat(4_000);
    const names = ['sender_display_name', 'room_name', 'room_alias'].map((name) => [name, long]);
    const references = ['room_avatar_url', 'room_type', 'org.matrix.web_client_location'].map((name) => [
      name,
      `mxc://example.org/${'/'.repeat(4_000)}x`,
    ]);
    const { status } = await store(app, { ...invite, ...Object.fromEntries(names) });
    expect(status).toBe(200);
    expect((await store(app, { ...invite, ...Object.fromEntries(references) })).status).toBe(200);
    const [named, pointing] = await mailsOf(app);
    expect(named?.roomName).toBe(`${'😀'.repeat(127)}…`);
    expect(JSON.stringify(named).length).toBeLessThan(16_000);
    expect(pointing).toMatchObject({ roomAvatarUrl: null, roomType: null });
  });

  it('accepts room IDs of any form (INV-4, ID-2)', async () => {
    for (const room_id of ['$aroom:example.org', '!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM']) {
      expect((await store(app, { ...invite, room_id })).status).toBe(200);
    }
  });

  it.for([
    ['a phone number', { medium: 'msisdn', address: '447700900001' }, 400, 'M_UNRECOGNIZED'],
    ['an unknown medium', { medium: 'pigeon' }, 400, 'M_UNRECOGNIZED'],
    ['an invalid address', { address: 'carol' }, 400, 'M_INVALID_EMAIL'],
    ['an overlong address', { address: `${'c'.repeat(600)}@example.com` }, 400, 'M_INVALID_EMAIL'],
    ['another sender', { sender: bob }, 403, 'M_FORBIDDEN'],
    ['a sender that is not a user', { sender: 'alice' }, 400, 'M_INVALID_PARAM'],
    ['no sender', { sender: null }, 400, 'M_MISSING_PARAMS'],
    ['no room', { room_id: undefined }, 400, 'M_MISSING_PARAMS'],
    ['an empty room', { room_id: '' }, 400, 'M_INVALID_PARAM'],
    ['a room with an escape sequence', { room_id: '!r\u001b[31m\n:example.org' }, 400, 'M_INVALID_PARAM'],
    ['a room with a control character of ISO 8859', { room_id: '!\u009b31m:example.org' }, 400, 'M_INVALID_PARAM'],
    ['an invalid room', { room_id: 'room:example.org' }, 400, 'M_INVALID_PARAM'],
    ['an overlong room', { room_id: `!${'a'.repeat(255)}` }, 400, 'M_INVALID_PARAM'],
    ['a list as an address', { address: ['carol@example.com'] }, 400, 'M_INVALID_PARAM'],
  ] as const)('refuses %s and stores nothing (INV-1, INV-2, INV-3)', async ([_case, change, status, errcode]) => {
    const answer = await store(app, { ...invite, ...change });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ errcode, error: expect.any(String) });
    expect(await mailsOf(app)).toEqual([]);
    expect(await app.stores.invites.waitingThreepids()).toEqual([]);
  });

  it('names the user who can be invited instead (INV-2)', async () => {
    await app.bind(email('carol@example.com'), bob);
    const bound = await store(app, { ...invite, address: 'carol@example.com' });
    expect(bound.status).toBe(400);
    expect(bound.json).toEqual({ errcode: 'M_THREEPID_IN_USE', error: expect.any(String), mxid: bob });
  });

  it('returns a token if the user is known but not found by the hash of the address as sent (INV-14)', async () => {
    await app.bind(email('carol@example.com'), bob);
    app.directory.add(email('dora@example.com'), '@dora:example.org');
    for (const address of ['Carol@Example.com', 'dora@example.com']) {
      const { status, json } = await store(app, { ...invite, address });
      expect(status).toBe(200);
      expect(await app.stores.invites.get(json.token as string)).toMatchObject({ deliveredAt: app.clock.now() });
    }
    expect(await mailsOf(app)).toEqual([]);
  });

  it('returns a separate token for each invitation (INV-12)', async () => {
    const tokens = [await store(app, invite), await store(app, invite)].map(({ json }) => json.token as string);
    expect(new Set(tokens).size).toBe(2);
  });

  it('accepts forms and any sender in v1 (V1-2)', async () => {
    const { status, json } = await app.call('POST', '/api/v1/store-invite', {
      body: new URLSearchParams({ ...invite, sender: bob }),
    });
    expect(status).toBe(200);
    expect(json.public_key).toBe(app.services.signer.keys[0].publicKey);
    expect((await app.stores.invites.get(json.token as string))?.sender).toBe(bob);
  });
});
