import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import { email } from '../../src/domain/identifiers/threepid.js';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE, PEOPLE_BASE, sourceFor } from '../support/people.js';
import { freshDatabase } from '../support/postgres-server.js';
import { Slapd } from '../support/slapd.js';
import { type MailServer, startMailServer } from '../support/smtp.js';
import { sharedPostgres } from '../support/services.js';

const postgres = await sharedPostgres();

describe('two instances on one PostgreSQL', () => {
  let slapd: Slapd;
  let mails: MailServer;
  let partner: IdentityServer;
  let homeserver: HomeserverStandIn;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  const instances: RunningIslet[] = [];
  let firstClient: IdentityClient;
  let other: IdentityClient;

  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: PEOPLE });
    mails = await startMailServer();
    homeserver = await startHomeserver('example.org');
    database = await freshDatabase(postgres.url);
    const rows = [['email', 'paula@partner.example', '@paula:partner.example']] as const;
    partner = await startIdentityServer({ rows, accessToken: 'syt_upstream' });
    const config = {
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      database: { url: database.url },
      sources: [
        sourceFor(slapd),
        { upstream: { name: 'partner', url: partner.url, hashed: true, accessToken: 'syt_upstream' } },
      ],
      homeservers: { 'example.org': { url: homeserver.url } },
      mail: { host: '127.0.0.1', port: mails.port, tls: 'none' },
      signing: { keyFile: 'shared.key' },
    };
    const files = { 'shared.key': `ed25519 shared ${Buffer.alloc(32, 7).toString('base64')}\n` };
    // Concurrently, on an empty database: both migrate it, without an error.
    instances.push(...(await Promise.all([startIslet(config, files), startIslet(config, files)])));
    [firstClient, other] = instances.map(({ url }) => new IdentityClient(url)) as [IdentityClient, IdentityClient];
    await firstClient.register('example.org', 'token-of-alice');
    other.signInAs(firstClient);
  });

  afterAll(async () => {
    for (const instance of instances) await instance.remove();
    await Promise.all([slapd?.stop(), mails?.close(), homeserver?.close(), partner?.close()]);
    await database?.drop();
  });

  it('accept each other’s access tokens and announce one pepper', async () => {
    expect(await other.get('/v2/account')).toEqual({ status: 200, body: { user_id: '@alice:example.org' } });
    expect((await other.get('/v2/hash_details')).body).toEqual((await firstClient.get('/v2/hash_details')).body);
  });

  it('use each other’s sessions at once and each other’s bindings soon after', async () => {
    const session = { client_secret: 'monkeys', email: 'alice.at.home@example.net', send_attempt: 1 };
    const { body } = await firstClient.post('/v2/validate/email/requestToken', session);
    const token = /[?&]token=([0-9A-Za-z]+)/.exec(mails.mails.at(-1)?.mail.text ?? '')?.[1];
    const proof = { sid: body['sid'], client_secret: 'monkeys' };
    expect(await other.post('/v2/validate/email/submitToken', { ...proof, token })).toMatchObject({ status: 200 });

    expect(await other.post('/v2/3pid/bind', { ...proof, mxid: '@alice:example.org' })).toMatchObject({ status: 200 });
    const bound = { 'alice.at.home@example.net': '@alice:example.org' };
    expect(await other.findHashed(['alice.at.home@example.net'])).toEqual(bound);
    await eventually(
      async () => 'alice.at.home@example.net' in (await firstClient.findHashed(['alice.at.home@example.net'])),
    );
  });

  it('send one mail for an attempt that reaches both at once', async () => {
    const session = { client_secret: 'same.attempt', email: 'alice.at.work@example.net', send_attempt: 1 };
    const answers = await Promise.all(
      [firstClient, other, firstClient, other].map((client) => client.post('/v2/validate/email/requestToken', session)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body['sid'])).size).toBe(1);
    const sent = mails.mails.filter(({ envelope }) => envelope.to.includes('alice.at.work@example.net'));
    expect(sent).toHaveLength(1);
  });

  it('share the mirror: each answers with what the other has synced', async () => {
    await slapd.modify(`dn: uid=carla,${PEOPLE_BASE}\nchangetype: modify\nadd: mail\nmail: cc@example.org\n`);
    expect((await instances[0]?.command('sync', 'staff'))?.stdout).toContain('1 changed');
    expect(await firstClient.findHashed(['cc@example.org'])).toEqual({ 'cc@example.org': '@carla:example.org' });
    await eventually(async () => 'cc@example.org' in (await other.findHashed(['cc@example.org'])));
  });

  it('follow one upstream: each accepts a pepper that only the other has announced so far', async () => {
    const known = ['alice@example.org', 'paula@partner.example'];
    const pepperOf = async (client: IdentityClient) => (await client.get('/v2/hash_details')).body['lookup_pepper'];
    expect([await pepperOf(firstClient), await pepperOf(other)]).toEqual(['matrixrocks', 'matrixrocks']);
    partner.pepper = 'another';
    await firstClient.findHashed(known);
    await eventually(async () => (await pepperOf(firstClient)) === 'another');

    const addresses = known.map((address) => lookupHash(email(address), 'another'));
    const ask = async () => {
      const { status, body } = await other.post('/v2/lookup', { algorithm: 'sha256', pepper: 'another', addresses });
      expect(status).toBe(200);
      return Object.values(body['mappings'] as Record<string, string>);
    };
    expect(await ask()).toContain('@alice:example.org');
    await eventually(async () => (await ask()).includes('@paula:partner.example'));
    expect(await pepperOf(other)).toBe('another');
  });

  it('share suspensions: a person whom one suspends is soon not found by the other', async () => {
    const [home, carla] = ['carla.at.home@example.net', '@carla:example.org'];
    expect((await instances[0]?.command('bind', home, carla))?.code).toBe(0);
    await eventually(async () => home in (await other.findHashed([home])));
    await slapd.modify(`dn: uid=carla,${PEOPLE_BASE}\nchangetype: delete\n`);
    await instances[0]?.command('sync', 'staff');
    await eventually(async () => !(home in (await other.findHashed([home]))));
    expect((await instances[1]?.command('bindings', '--suspended'))?.stdout).toContain(carla);
  });
});
