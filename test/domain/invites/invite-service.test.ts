import { beforeEach, describe, expect, it } from 'vitest';
import { Ed25519Signer } from '../../../src/adapters/signing/ed25519-signer.js';
import type { InviteRequest } from '../../../src/domain/invites/invite-request.js';
import { InviteService } from '../../../src/domain/invites/invite-service.js';
import { email, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { isOpaqueId } from '../../../src/domain/validation/validation-session.js';
import { alice, bob, FakeDirectory } from '../../support/fakes.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';
import { FakeSource } from '../../support/sources.js';
import type { ThreepidSource } from '../../../src/ports/threepid-source.js';
import type { JobKind, JobPayloads } from '../../../src/domain/jobs/job.js';
import { takeAll } from '../../support/jobs.js';

const HOUR_MS = 3_600_000;
const hourly = (amount: number) => ({ amount, windowMs: HOUR_MS });
const client = '192.0.2.1';
const [a, b] = [email('a@example.org'), email('b@example.org')];

const request: InviteRequest = {
  asker: { user: bob, client: '192.0.2.1' },
  medium: 'email',
  address: 'a@example.org',
  roomId: '!room:example.org',
  sender: bob,
  details: {
    sender: bob,
    senderDisplayName: 'Bob & Söhne',
    roomName: 'Tea + cake',
    roomAlias: '#tea:example.org',
    roomAvatarUrl: undefined,
    roomType: undefined,
  },
  webClient: undefined,
  preferences: { brand: 'blue', acceptLanguage: 'de' },
};

/** A source that does not answer hashed lookups. */
const clearOnly = (...known: ConstructorParameters<typeof FakeSource>[1] & object): ThreepidSource => {
  const source = new FakeSource('clear', known);
  return { name: source.name, find: (threepids) => source.find(threepids) };
};

describe('InviteService', () => {
  let domain: TestDomain;
  let inviteService: InviteService;

  beforeEach(async () => {
    domain = await openTestDomain();
    ({ inviteService } = domain);
  });

  /** Takes the queued jobs of one kind, and removes the others. */
  const jobs = async <Kind extends JobKind>(kind: Kind, from = domain): Promise<readonly JobPayloads[Kind][]> => {
    const taken = await takeAll(from.stores.jobs, from.clock.now());
    return taken.filter((job) => job.kind === kind).map(({ payload }) => payload as JobPayloads[Kind]);
  };

  const linkOf = async () => new URL((await jobs('invite-mail')).at(-1)?.link ?? '');

  /** The part of a link after the `#`: the room, and the parameters that Element reads. */
  const readLink = (link: URL): Readonly<Record<string, string>> => {
    const [, room = '', query = ''] = /^#\/room\/([^?]*)\?(.*)$/.exec(link.hash) ?? [];
    // Element decodes a plus as a plus.
    const parameters = query.split('&').map((pair) => pair.split('=').map(decodeURIComponent));
    return { ...Object.fromEntries(parameters), room: decodeURIComponent(room) };
  };

  const signUrlOf = async () => new URL(readLink(await linkOf())['signurl'] ?? '');

  describe('invite', () => {
    it('returns a token, both keys and the redacted address (INV-6, INV-7)', async () => {
      const { token, displayName, longTermKey, ephemeralKey } = await inviteService.invite({
        ...request,
        address: 'anna@example.org',
      });
      expect(isOpaqueId(token)).toBe(true);
      expect(displayName).toBe('a...@exa...');
      expect(longTermKey).toBe(domain.signer.keys[0].publicKey);
      expect(Buffer.from(ephemeralKey, 'base64')).toHaveLength(32);
      expect(ephemeralKey).not.toContain('=');
      expect(await inviteService.hasEphemeralKey(ephemeralKey)).toBe(true);
      expect(await inviteService.hasEphemeralKey(longTermKey)).toBe(false);
    });

    it('stores everything except the private key', async () => {
      const { token, ephemeralKey } = await inviteService.invite(request);
      expect(await domain.stores.invites.get(token)).toEqual({
        token,
        threepid: a,
        roomId: '!room:example.org',
        sender: bob,
        ephemeralPublicKey: ephemeralKey,
        keyId: 'ed25519:1',
        createdAt: domain.clock.now(),
        deliveredAt: undefined,
      });
    });

    it('creates a new token and key each time, also for the same room and address (INV-12)', async () => {
      const [first, second] = [await inviteService.invite(request), await inviteService.invite(request)];
      expect(first.token).not.toBe(second.token);
      expect(first.ephemeralKey).not.toBe(second.ephemeralKey);
      expect(await inviteService.hasEphemeralKey(first.ephemeralKey)).toBe(true);
    });

    it('sends the mail with all variables of its templates', async () => {
      const { token } = await inviteService.invite(request);
      expect(await jobs('invite-mail')).toEqual([
        {
          address: 'a@example.org',
          link: expect.stringMatching(/^https:\/\/app\.example\.org\/#\/room\//) as string,
          brand: 'blue',
          acceptLanguage: 'de',
          sender: bob,
          senderDisplayName: 'Bob & Söhne',
          senderAvatarUrl: null,
          roomName: 'Tea + cake',
          roomAlias: '#tea:example.org',
          roomAvatarUrl: null,
          roomType: null,
          token,
        },
      ]);
    });

    it('links to the room, with its names and the signing URL (INV-13)', async () => {
      const { token, ephemeralKey } = await inviteService.invite(request);
      const link = readLink(await linkOf());
      expect(link).toMatchObject({
        room: '!room:example.org',
        email: 'a@example.org',
        room_name: 'Tea + cake',
        room_avatar_url: '',
        inviter_name: 'Bob & Söhne',
        room_type: '',
      });
      const signUrl = new URL(link['signurl'] ?? '');
      expect(`${signUrl.origin}${signUrl.pathname}`).toBe(
        'https://id.example.org/_matrix/identity/api/v1/sign-ed25519',
      );
      expect(signUrl.searchParams.get('token')).toBe(token);
      const seed = new Uint8Array(Buffer.from(signUrl.searchParams.get('private_key') ?? '', 'base64'));
      expect(new Ed25519Signer('id.example.org', [{ keyId: 'ed25519:0', seed }]).keys[0].publicKey).toBe(ephemeralKey);
    });

    it('folds the address itself (INV-10)', async () => {
      const { token } = await inviteService.invite({ ...request, address: 'Strauß@Example.ORG' });
      expect((await domain.stores.invites.get(token))?.threepid.address).toBe('strauss@example.org');
      expect(await jobs('invite-mail')).toMatchObject([{ address: 'strauss@example.org' }]);
    });

    it.each([
      ['the request names none', undefined, 'https://app.example.org'],
      ['the request names an allowed one', 'https://chat.example.org', 'https://chat.example.org'],
      [
        'the request names an allowed one with a slash at its end',
        'https://chat.example.org//',
        'https://chat.example.org',
      ],
      ['the request names one that is not allowed', 'https://evil.example', 'https://app.example.org'],
      [
        'the request names one that begins like an allowed one',
        'https://chat.example.org.evil.example',
        'https://app.example.org',
      ],
    ])('links to a known web client if %s (INV-5)', async (_case, webClient, origin) => {
      domain = await openTestDomain({ allowedWebClients: ['https://chat.example.org'] });
      await domain.inviteService.invite({ ...request, webClient });
      expect((await linkOf()).origin).toBe(origin);
    });

    it.each([
      ['a phone number', 'msisdn', '492215551234', 'medium_unsupported'],
      ['an invalid phone number', 'msisdn', 'nonsense', 'medium_unsupported'],
      ['an unknown medium', 'fax', 'a@example.org', 'medium_unsupported'],
      ['no address', 'email', '', 'invalid_email'],
      ['a display name', 'email', 'A <a@example.org>', 'invalid_email'],
      ['two addresses', 'email', 'a@example.org,b@example.org', 'invalid_email'],
      ['an address with a header after a line break', 'email', 'a@example.org\r\nBcc: b@example.org', 'invalid_email'],
    ])('refuses %s (INV-2)', async (_case, medium, address, code) => {
      await expect(inviteService.invite({ ...request, medium, address })).rejects.toMatchObject({ code });
      expect(await jobs('invite-mail')).toEqual([]);
    });

    it('refuses a known address, and names the user to invite (INV-2)', async () => {
      await domain.bind(a, alice);
      await jobs('notify-bound');
      await expect(inviteService.invite(request)).rejects.toMatchObject({
        code: 'threepid_in_use',
        details: { mxid: alice },
      });
      expect(await domain.stores.invites.waitingThreepids()).toEqual([]);
      expect(await jobs('invite-mail')).toEqual([]);
    });

    describe('delivers at once, without a mail, if the user is known but not found by hash', () => {
      const expectHandedOver = async (address: string) => {
        const { token } = await domain.inviteService.invite({ ...request, address });
        expect(await domain.stores.invites.get(token)).toMatchObject({ deliveredAt: domain.clock.now() });
        expect(await jobs('onbind')).toEqual([]);
        domain.clock.pass(2_000);
        expect(await jobs('onbind')).toEqual([
          { medium: 'email', address: address.toLowerCase(), mxid: alice, invite: token },
        ]);
        expect(await jobs('invite-mail')).toEqual([]);
      };

      it('because the sender did not lower-case the address', async () => {
        await domain.bind(a, alice);
        await jobs('notify-bound');
        await expectHandedOver('A@Example.org');
      });

      it('because a source answers only plain lookups', async () => {
        domain = await openTestDomain({ sources: [clearOnly([a, alice])] });
        await expectHandedOver('a@example.org');
      });

      it('because they are newer than the mirror', async () => {
        const staff = new FakeDirectory();
        domain = await openTestDomain({ directories: [staff] });
        await domain.sync('staff');
        staff.put('1', alice, [a]);
        await expectHandedOver('a@example.org');
      });

      it('and counts this for the limit of the sender, not for that of the address, which gets no mail', async () => {
        const once = { amount: 1, windowMs: HOUR_MS };
        const quotas = { invites: { perSender: once, perAddress: once } };
        domain = await openTestDomain({ quotas, sources: [clearOnly([a, alice])] });
        await domain.inviteService.invite(request);
        await domain.inviteService.invite({ ...request, asker: { user: alice, client } });
        await expect(domain.inviteService.invite(request)).rejects.toMatchObject({ code: 'limit_exceeded' });
      });
    });

    it('works if a source cannot be asked (INV-11)', async () => {
      const staff = new FakeDirectory();
      staff.failure = new Error('no route to host');
      domain = await openTestDomain({ directories: [staff] });
      await domain.inviteService.invite(request);
      expect(await jobs('invite-mail')).toHaveLength(1);
    });

    it.each([
      ['a user', { perSender: hourly(1) }, { address: 'b@example.org' }, { asker: { user: alice, client } }],
      [
        'a homeserver',
        { perHomeserver: hourly(1) },
        { asker: { user: alice, client } },
        { asker: { user: '@alice:other.example' as const, client } },
      ],
      [
        'a client without a user, whatever sender the request names',
        { perClient: hourly(1) },
        { asker: { user: undefined, client }, sender: alice },
        { asker: { user: undefined, client: '192.0.2.2' } },
      ],
    ])('keeps the limits of %s', async (_case, limits, again, other) => {
      domain = await openTestDomain({ quotas: { invites: limits } });
      const first = 'perClient' in limits ? { asker: { user: undefined, client } } : {};
      await domain.inviteService.invite({ ...request, ...first });
      await expect(domain.inviteService.invite({ ...request, ...again })).rejects.toMatchObject({
        code: 'limit_exceeded',
        details: { retry_after_ms: HOUR_MS },
      });
      await domain.inviteService.invite({ ...request, ...other });
      expect(await jobs('invite-mail')).toHaveLength(2);
    });

    it('limits mails to a mailbox in all its spellings', async () => {
      domain = await openTestDomain({ quotas: { invites: { perAddress: hourly(1) } } });
      await domain.inviteService.invite(request);
      await domain.inviteService.invite({ ...request, address: '\uff41@\uff45xample.org' });
      await domain.inviteService.invite({ ...request, address: 'b@example.org' });
      expect(await jobs('invite-mail')).toHaveLength(2);
    });

    it('stores and mails nothing for a domain that folds to another domain', async () => {
      const refused = inviteService.invite({ ...request, address: 'guest@weiß.example' });
      await expect(refused).rejects.toMatchObject({
        code: 'invalid_email',
        message: expect.stringMatching(/a different domain/) as string,
      });
      expect(await jobs('invite-mail')).toEqual([]);
      expect(await domain.stores.invites.waitingThreepids()).toEqual([]);
    });

    it('stores every invitation to an address, and mails those over its limit together once its limit allows another mail', async () => {
      domain = await openTestDomain({ quotas: { invites: { perAddress: hourly(1) } } });
      for (const roomId of ['!one:a', '!two:a', '!three:a'])
        await domain.inviteService.invite({ ...request, roomId, details: { ...request.details, roomName: roomId } });
      await domain.inviteService.invite({ ...request, address: 'b@example.org' });
      expect(await domain.stores.invites.findWaiting([a])).toHaveLength(3);
      expect(await jobs('invite-mail')).toHaveLength(2);

      domain.clock.pass(HOUR_MS);
      expect(await jobs('invite-digest')).toEqual([{ address: 'a@example.org' }, { address: 'a@example.org' }]);
      const pending = await domain.inviteService.pendingMails(a);
      expect(
        pending.map(({ mail }) => mail.invite.roomName).toSorted((a, b) => String(a).localeCompare(String(b))),
      ).toEqual(['!three:a', '!two:a']);
      await domain.inviteService.noteMailed(
        a,
        pending.map(({ token }) => token),
      );
      expect(await domain.inviteService.pendingMails(a)).toEqual([]);

      // That mail counted, too.
      await domain.inviteService.invite(request);
      expect(await jobs('invite-mail')).toEqual([]);
    });

    it('counts mails to a mailbox in all its spellings', async () => {
      domain = await openTestDomain({ quotas: { invites: { perAddress: hourly(1) } } });
      await domain.inviteService.invite(request);
      await domain.inviteService.invite({ ...request, address: '\uff41@\uff45xample.org' });
      expect(await jobs('invite-mail')).toHaveLength(1);
    });

    it('sends no mail for an invitation that was delivered meanwhile', async () => {
      domain = await openTestDomain({ quotas: { invites: { perAddress: hourly(1) } } });
      for (let time = 0; time < 2; time += 1) await domain.inviteService.invite(request);
      expect(await domain.inviteService.pendingMails(a)).toHaveLength(1);
      await domain.bind(a, alice);
      await domain.inviteService.notifyBound(a, alice);
      expect(await domain.inviteService.pendingMails(a)).toEqual([]);
    });

    it('does not reveal a user whom a lookup would not find', async () => {
      domain = await openTestDomain({
        quotas: { lookup: { addressesPerUser: hourly(2), addressesPerClient: hourly(2) } },
      });
      await domain.bind(b, alice);
      const known = { ...request, address: 'b@example.org' };
      for (const asker of [request.asker, { user: undefined, client }]) {
        for (let i = 0; i < 2; i++) {
          await expect(domain.inviteService.invite({ ...known, asker })).rejects.toMatchObject({
            code: 'threepid_in_use',
          });
        }
        for (let i = 0; i < 3; i++) {
          await expect(domain.inviteService.invite({ ...known, asker })).rejects.toMatchObject({
            code: 'limit_exceeded',
            details: { retry_after_ms: HOUR_MS },
          });
        }
      }
    });

    it('counts nothing if no mail is sent', async () => {
      domain = await openTestDomain({ quotas: { invites: { perSender: { amount: 1, windowMs: HOUR_MS } } } });
      await domain.bind(b, alice);
      await expect(domain.inviteService.invite({ ...request, address: 'b@example.org' })).rejects.toMatchObject({
        code: 'threepid_in_use',
      });
      await domain.inviteService.invite(request);
    });
  });

  describe('sign', () => {
    it('signs with the key of the link (SIGN-1, SIGN-3)', async () => {
      const { token, ephemeralKey } = await inviteService.invite(request);
      const key = (await signUrlOf()).searchParams.get('private_key') ?? '';
      const signed = await inviteService.sign(token, key, alice);
      const { signatures, ...content } = signed;
      expect(content).toEqual({ mxid: alice, sender: bob, token });
      expect(Object.keys(signatures)).toEqual(['id.example.org']);
      const signature = signatures['id.example.org']?.['ed25519:0'] ?? '';
      expect(await domain.signer.verify(content, signature, ephemeralKey)).toBe(true);
      expect(await domain.signer.verify({ ...content, mxid: bob }, signature, ephemeralKey)).toBe(false);
    });

    it('accepts the key in either base64 alphabet (SIGN-4)', async () => {
      const { token } = await inviteService.invite(request);
      const key = Buffer.alloc(32, 0xfb);
      const [standard, urlSafe] = [key.toString('base64'), key.toString('base64url')];
      expect(standard).not.toBe(urlSafe);
      expect(await inviteService.sign(token, urlSafe, alice)).toEqual(await inviteService.sign(token, standard, alice));
    });

    it.each([
      ['an unknown token', 'nope', undefined, alice, 'invite_unknown'],
      ['an invalid key', undefined, 'nonsense', alice, 'invalid_public_key'],
      ['a key that is too short', undefined, Buffer.alloc(31).toString('base64'), alice, 'invalid_public_key'],
      ['no key', undefined, '', alice, 'invalid_public_key'],
      ['a text that is not a user ID', undefined, undefined, 'alice', 'invalid_mxid'],
      ['no user ID', undefined, undefined, '', 'invalid_mxid'],
    ])('refuses %s (SIGN-2, SIGN-4)', async (_case, token, key, mxid, code) => {
      const ticket = await inviteService.invite(request);
      const right = (await signUrlOf()).searchParams.get('private_key') ?? '';
      await expect(inviteService.sign(token ?? ticket.token, key ?? right, mxid)).rejects.toMatchObject({ code });
    });

    it('does not sign expired invitations, and their keys are not valid (KEY-4)', async () => {
      const old = await inviteService.invite(request);
      domain.clock.pass(HOUR_MS);
      const young = await inviteService.invite({ ...request, address: 'b@example.org' });
      await inviteService.expire(HOUR_MS);
      expect(await inviteService.hasEphemeralKey(old.ephemeralKey)).toBe(true);
      domain.clock.pass(1);
      await inviteService.expire(HOUR_MS);
      expect(await inviteService.hasEphemeralKey(old.ephemeralKey)).toBe(false);
      expect(await inviteService.hasEphemeralKey(young.ephemeralKey)).toBe(true);
      const key = Buffer.alloc(32, 1).toString('base64');
      await expect(inviteService.sign(old.token, key, alice)).rejects.toMatchObject({ code: 'invite_unknown' });
    });

    it('also signs after delivery, because some people bind first and then open the link (SIGN-6)', async () => {
      const { token, ephemeralKey } = await inviteService.invite(request);
      const key = (await signUrlOf()).searchParams.get('private_key') ?? '';
      await domain.bind(a, alice);
      await inviteService.notifyBound(a, alice);
      expect(await domain.stores.invites.findWaiting([a])).toEqual([]);
      expect(await inviteService.sign(token, key, alice)).toMatchObject({ token, sender: bob });
      expect(await inviteService.hasEphemeralKey(ephemeralKey)).toBe(true);
    });
  });

  describe('delivery', () => {
    const inviteTo = async (threepid: Threepid, roomId = request.roomId) =>
      (await inviteService.invite({ ...request, address: threepid.address, roomId })).token;

    const onBind = ({ medium, address }: Threepid, mxid: string, invite: string | null) => ({
      medium,
      address,
      mxid,
      invite,
    });

    it('happens after a bind in another spelling of the mailbox', async () => {
      const token = await inviteTo(email('a@bücher.example'));
      const bound = email('a@xn--bcher-kva.example');
      await inviteService.notifyBound(bound, alice);
      const [job] = await takeAll(domain.stores.jobs, domain.clock.now()).then((all) =>
        all.filter(({ kind }) => kind === 'onbind'),
      );
      expect(job?.payload).toEqual(onBind(bound, alice, token));
    });

    it('happens after a bind, with a job for each invitation (ONB-5)', async () => {
      const first = await inviteTo(a);
      domain.clock.pass(1);
      const second = await inviteTo(a, '!other:example.org');
      await inviteTo(b);
      await takeAll(domain.stores.jobs, domain.clock.now());
      await domain.bind(a, alice);
      expect(await jobs('notify-bound')).toEqual([{ medium: 'email', address: 'a@example.org', mxid: alice }]);

      domain.clock.pass(5);
      await inviteService.notifyBound(a, alice);
      expect(await jobs('onbind')).toEqual([onBind(a, alice, first), onBind(a, alice, second)]);
      expect((await domain.stores.invites.get(first))?.deliveredAt).toBe(domain.clock.now());
      expect(await domain.stores.invites.waitingThreepids()).toEqual([b]);
    });

    it('notifies the homeserver of a bind even without waiting invitations (ONB-1)', async () => {
      await inviteService.notifyBound(a, alice);
      expect(await jobs('onbind')).toEqual([onBind(a, alice, null)]);
    });

    it('delivers each invitation once', async () => {
      const token = await inviteTo(a);
      await takeAll(domain.stores.jobs, domain.clock.now());
      await inviteService.notifyBound(a, alice);
      await inviteService.notifyBound(a, bob);
      expect(await jobs('onbind')).toEqual([onBind(a, alice, token), onBind(a, bob, null)]);
    });

    it('delivers invitations after a sync with a new person, without asking other sources', async () => {
      const staff = new FakeDirectory();
      domain = await openTestDomain({ directories: [staff] });
      ({ inviteService } = domain);
      const [first, second] = [await inviteTo(a), await inviteTo(a, '!other:example.org')];
      await inviteTo(b);
      await takeAll(domain.stores.jobs, domain.clock.now());
      const { sync } = domain;

      await sync('staff');
      expect(await jobs('onbind')).toEqual([]);

      staff.put('1', alice, [a]);
      await sync('staff', { isDryRun: true });
      expect(await jobs('onbind')).toEqual([]);
      await sync('staff');
      expect(await jobs('onbind')).toEqual([onBind(a, alice, first), onBind(a, alice, second)]);

      staff.put('1', alice, [a, email('more@example.org')]);
      await sync('staff');
      expect(await jobs('onbind')).toEqual([]);
      expect(await domain.stores.invites.waitingThreepids()).toEqual([b]);
    });

    it('goes to the user whom a lookup finds: to none if the address is ambiguous', async () => {
      const staff = new FakeDirectory();
      domain = await openTestDomain({ directories: [staff] });
      ({ inviteService } = domain);
      await inviteTo(a);
      await takeAll(domain.stores.jobs, domain.clock.now());
      staff.put('1', alice, [a]);
      staff.put('2', bob, [a]);
      await inviteService.deliverKnown();
      expect(await jobs('onbind')).toEqual([]);
      staff.remove('2');
      await inviteService.deliverKnown();
      expect(await jobs('onbind')).toMatchObject([{ mxid: alice }]);
    });

    it('asks no other source about waiting invitations', async () => {
      const upstream = new FakeSource('upstream', [[a, alice]], false, true);
      domain = await openTestDomain({ sharedWith: domain, sources: [upstream] });
      await inviteTo(b);
      await takeAll(domain.stores.jobs, domain.clock.now());
      upstream.asked.length = 0;
      await domain.inviteService.deliverKnown();
      expect(upstream.asked).toEqual([]);
    });

    it('does nothing without waiting invitations', async () => {
      await inviteService.deliverKnown();
      expect(await jobs('onbind')).toEqual([]);
    });
  });

  describe('the message to a homeserver after a bind', () => {
    const association = { address: 'a@example.org', medium: 'email', mxid: alice, not_before: 1, not_after: 2, ts: 1 };

    it('contains the association and the invitation, all of it signed (ONB-1, ONB-3, ONB-4)', async () => {
      const { token } = await inviteService.invite(request);
      const { signatures, ...body } = await inviteService.onBindBody(
        { ...association, signatures: { old: { 'ed25519:9': 'x' } } },
        token,
      );
      expect(body).toEqual({
        ...association,
        invites: [
          {
            medium: 'email',
            address: 'a@example.org',
            mxid: alice,
            room_id: '!room:example.org',
            sender: bob,
            token,
            signed: {
              mxid: alice,
              token,
              signatures: { 'id.example.org': { 'ed25519:1': expect.any(String) as string } },
            },
          },
        ],
      });
      expect(Object.keys(signatures)).toEqual(['id.example.org']);
      const signature = signatures['id.example.org']?.['ed25519:1'] ?? '';
      expect(await domain.signer.verify(body, signature, domain.signer.keys[0].publicKey)).toBe(true);
    });

    it.each([
      ['there is no invitation', undefined],
      ['the invitation no longer exists', 'nope'],
    ])('contains no invitations if %s', async (_case, token) => {
      expect(await inviteService.onBindBody(association, token)).toMatchObject({ ...association, invites: [] });
    });

    it('is signed once, with the key of the invitation (ONB-6)', async () => {
      const [newer, older] = [
        { keyId: 'ed25519:new', seed: new Uint8Array(32).fill(3) },
        { keyId: 'ed25519:old', seed: new Uint8Array(32).fill(4) },
      ] as const;
      const options = {
        publicUrl: 'https://id.example.org',
        webClient: 'https://app.example.org',
        allowedWebClients: [],
      };
      const by = (signer: Ed25519Signer) =>
        new InviteService(
          {
            store: domain.stores.invites,
            lookupService: domain.lookupService,
            deprovisioningService: domain.deprovisioningService,
            signer,
            quotas: domain.quotas,
            random: domain.random,
            clock: domain.clock,
          },
          options,
        );
      const { token, longTermKey } = await by(new Ed25519Signer('id.example.org', [older])).invite(request);

      const rotated = new Ed25519Signer('id.example.org', [newer, older]);
      const body = await by(rotated).onBindBody(association, token);
      const { signed } = (
        body['invites'] as unknown as readonly [{ signed: { signatures: Record<string, Record<string, string>> } }]
      )[0];
      const { signatures, ...content } = signed;
      expect(Object.keys(signatures['id.example.org'] ?? {})).toEqual(['ed25519:old']);
      expect(await rotated.verify(content, signatures['id.example.org']?.['ed25519:old'] ?? '', longTermKey)).toBe(
        true,
      );
      expect(Object.keys(body.signatures['id.example.org'] ?? {})).toEqual(['ed25519:new']);
    });
  });
});
