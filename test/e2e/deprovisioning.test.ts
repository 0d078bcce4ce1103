import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE, PEOPLE_BASE, person, sourceFor } from '../support/people.js';
import { Slapd } from '../support/slapd.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const smithb = '@smithb:example.org';
const DN = `uid=smithb,${PEOPLE_BASE}`;
const ID = '5d3f9c1e-0000-1000-8000-00000000000a';
const add = (ldif: string) => ldif.replace('\n', '\nchangetype: add\n');

describe('deprovisioning with a real directory', () => {
  let slapd: Slapd;
  let mails: MailServer;
  let homeserver: HomeserverStandIn;
  let islet: RunningIslet;
  let old: IdentityClient;
  let fresh: IdentityClient;
  let alice: IdentityClient;

  beforeAll(async () => {
    slapd = await Slapd.start({
      ldif: `${PEOPLE}\n${person('smithb', ['b.smith@example.org'], [])}entryUUID: ${ID}\n`,
    });
    mails = await startMailServer();
    homeserver = await startHomeserver('example.org');
    islet = await startIslet({
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      sources: [
        sourceFor(slapd, { filter: '(&(objectClass=inetOrgPerson)(!(employeeType=left)))', mirror: { every: '1h' } }),
      ],
      homeservers: { 'example.org': { url: homeserver.url } },
      mail: { host: '127.0.0.1', port: mails.port, tls: 'none', from: 'Islet <noreply@example.org>' },
    });
    [old, fresh, alice] = [1, 2, 3].map(() => new IdentityClient(islet.url)) as [
      IdentityClient,
      IdentityClient,
      IdentityClient,
    ];
    await sync();
    await alice.register('example.org', 'token-of-alice');
  });

  afterAll(async () => {
    await islet?.remove();
    await Promise.all([slapd?.stop(), mails?.close(), homeserver?.close()]);
  });

  const sync = async (isApplied = true) =>
    expect(await islet.admin('POST', '/sync/staff')).toMatchObject({ isApplied });
  const suspendedBindings = async () => (await islet.admin('GET', '/bindings', { suspended: 'true' }))['bindings'];

  /** A validated session for an address. */
  async function validated(client: IdentityClient, address: string, secret: string) {
    const session = { client_secret: secret, email: address, send_attempt: 1 };
    const { body } = await client.post('/v2/validate/email/requestToken', session);
    const token = /[?&]token=([0-9A-Za-z]+)/.exec(mails.mails.at(-1)?.mail.text ?? '')?.[1];
    const proof = { sid: body['sid'], client_secret: secret };
    await client.post('/v2/validate/email/submitToken', { ...proof, token });
    return { ...proof, mxid: smithb };
  }

  const found = async () => {
    const addresses = ['b.smith@example.org', 'bob@home.example', 'bill.smith@example.org'];
    const hashed = await alice.findHashed(addresses);
    expect(await alice.findPlain(addresses.map((address) => `${address} email`))).toEqual(
      Object.fromEntries(Object.entries(hashed).map(([address, mxid]) => [`${address} email`, mxid])),
    );
    return hashed;
  };
  const invite = async (address: string) => {
    const body = { medium: 'email', address, room_id: '!room:example.org', sender: '@alice:example.org' };
    return (await alice.post('/v2/store-invite', body)).body['token'] as string;
  };
  const notifiedInvites = () =>
    homeserver.bound.flatMap(({ mxid, invites }) =>
      (invites as { token: string }[]).map(({ token }) => [token, mxid] as const),
    );

  let session: object;
  let [toHome, toWork] = ['', ''];

  it('finds a person by the address of the directory and by the address that they bound', async () => {
    await old.register('example.org', 'token-of-smithb');
    const bound = await validated(old, 'bob@home.example', 'monkeys');
    expect(await old.post('/v2/3pid/bind', bound)).toMatchObject({ status: 200 });
    session = await validated(old, 'second@home.example', 'gibbons');
    expect(await found()).toEqual({ 'b.smith@example.org': smithb, 'bob@home.example': smithb });
  });

  it('does not find a person whose entry is deleted, logs this, and revokes their access tokens (LOOK-14)', async () => {
    await slapd.modify(`dn: ${DN}\nchangetype: delete\n`);
    expect((await islet.command('sync', 'staff')).stdout).toContain('1 binding suspended: their users left');
    expect(await found()).toEqual({});
    expect((await old.get('/v2/account')).status).toBe(401);

    const suspended = { since: expect.any(Number) as number, source: 'staff' };
    expect(await suspendedBindings()).toMatchObject([
      { mxid: smithb, threepid: { address: 'bob@home.example' }, suspended },
    ]);
    expect((await islet.command('bindings', '--suspended')).stdout).toMatch(
      /^bob@home\.example +@smithb:example\.org .*suspended: since 20\S+ staff no longer contains @smithb:example\.org\n$/,
    );
    const explained = await islet.command('lookup', 'bob@home.example');
    expect(explained.code).toBe(1);
    expect(explained.stdout).toContain('is nobody: the user with this address has left the directory');
    expect(explained.stdout).toMatch(
      /suspended since 20\S+Z: the directory staff no longer contains @smithb:example\.org/,
    );

    [toHome, toWork] = [await invite('bob@home.example'), await invite('b.smith@example.org')];
    expect((await islet.admin('GET', '/invites'))['invites']).toMatchObject(
      [toHome, toWork].map((token) => ({ token, suspended: { mxid: smithb } })),
    );
    expect((await islet.command('invites')).stdout).toContain('suspended: since 20');
  });

  it('refuses to bind an address while no entry has the user name', async () => {
    await old.register('example.org', 'token-of-smithb');
    expect(await old.post('/v2/3pid/bind', { ...session, mxid: smithb })).toMatchObject({
      status: 403,
      body: { errcode: 'M_FORBIDDEN' },
    });
  });

  it('gives nothing of the leaver to a new person with the same user name and distinguished name', async () => {
    await slapd.modify(add(person('smithb', ['bill.smith@example.org'], [])));
    await sync();
    expect(await found()).toEqual({ 'bill.smith@example.org': smithb });
    expect((await old.get('/v2/account')).status).toBe(401);

    await fresh.register('example.org', 'token-of-smithb');
    expect(await fresh.post('/v2/3pid/bind', session)).toMatchObject({ status: 400 });
    const own = await validated(fresh, 'bill@home.example', 'lemurs');
    expect(await fresh.post('/v2/3pid/bind', own)).toMatchObject({ status: 200 });
    await eventually(() => homeserver.bound.some(({ address }) => address === 'bill@home.example'));
    expect(notifiedInvites()).toEqual([]);
  });

  it('gives a person who returns everything back, and suspends the binding of the new person', async () => {
    await slapd.modify(`dn: ${DN}\nchangetype: delete\n`);
    await slapd.modify(`${add(person('smithb', ['b.smith@example.org'], []))}entryUUID: ${ID}\n`, '-e', 'relax');
    await sync();
    expect(await found()).toEqual({ 'b.smith@example.org': smithb, 'bob@home.example': smithb });
    expect(await suspendedBindings()).toMatchObject([{ threepid: { address: 'bill@home.example' } }]);
    await eventually(() => notifiedInvites().length === 2);
    expect(Object.fromEntries(notifiedInvites())).toEqual({ [toHome]: smithb, [toWork]: smithb });
    expect((await fresh.get('/v2/account')).status).toBe(401);
  });

  it.each([
    ['is disabled', 'replace: employeeType\nemployeeType: left\n', 'delete: employeeType\n'],
    ['loses the name', 'add: uid\nuid: another\n', 'delete: uid\nuid: another\n'],
  ])('suspends a person while their entry %s', async (_case, change, back) => {
    await slapd.modify(`dn: ${DN}\nchangetype: modify\n${change}`);
    await sync();
    expect(await found()).toEqual({});
    await slapd.modify(`dn: ${DN}\nchangetype: modify\n${back}`);
    await sync();
    expect(await found()).toEqual({ 'b.smith@example.org': smithb, 'bob@home.example': smithb });
  });

  it('suspends the old user ID of a person whose entry has another name, and nothing if the entry only moves', async () => {
    const rename = (from: string, to: string, superior = PEOPLE_BASE) =>
      slapd.modify(`dn: ${from}\nchangetype: modrdn\nnewrdn: uid=${to}\ndeleteoldrdn: 1\nnewsuperior: ${superior}\n`);
    await rename(DN, 'brown');
    await sync();
    expect(await found()).toEqual({ 'b.smith@example.org': '@brown:example.org' });
    await rename(`uid=brown,${PEOPLE_BASE}`, 'smithb', `uid=alice,${PEOPLE_BASE}`);
    await sync();
    expect(await found()).toEqual({ 'b.smith@example.org': smithb, 'bob@home.example': smithb });
    await rename(`uid=smithb,uid=alice,${PEOPLE_BASE}`, 'smithb');
    await sync();
    expect(await found()).toEqual({ 'b.smith@example.org': smithb, 'bob@home.example': smithb });
  });

  it('suspends nobody because of a crash, an unreachable directory, or a listing that looks incomplete', async () => {
    await islet.stop('SIGKILL');
    await slapd.kill();
    await islet.restart();
    await sync(false);
    await slapd.restart();
    for (const uid of ['alice', 'Bob.Berg', 'carla', 'smithb']) {
      await slapd.modify(
        `dn: uid=${uid},${PEOPLE_BASE}\nchangetype: modify\nreplace: employeeType\nemployeeType: left\n`,
      );
    }
    await sync(false);
    expect(await suspendedBindings()).toMatchObject([{ threepid: { address: 'bill@home.example' } }]);
    expect(await alice.findHashed(['bob@home.example'])).toEqual({ 'bob@home.example': smithb });
  });

  it('suspends nobody of a directory that is no longer mirrored', async () => {
    const config = parse(await readFile(islet.configFile, 'utf8')) as { sources: [{ ldap: { mirror: unknown } }] };
    config.sources[0].ldap.mirror = false;
    await writeFile(islet.configFile, stringify(config));
    await islet.restart();
    expect(await alice.findHashed(['bob@home.example'])).toEqual({ 'bob@home.example': smithb });
  });

  it('logs how many people left, and no address', async () => {
    await islet.logged(/people left the directory or returned.*"suspended":1/);
    expect(islet.log()).not.toMatch(/home\.example/);
  });
});
