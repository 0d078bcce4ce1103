import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE, PEOPLE_BASE, person, sourceFor } from '../support/people.js';
import { Slapd } from '../support/slapd.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const carla = 'carla@example.org';

describe('a person in the directory who has never logged in', () => {
  let slapd: Slapd;
  let mails: MailServer;
  let homeserver: HomeserverStandIn;
  let islet: RunningIslet;
  let client: IdentityClient;

  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: PEOPLE });
    mails = await startMailServer();
    homeserver = await startHomeserver('example.org');
    homeserver.accounts.add('alice');
    islet = await startIslet({
      server: { name: 'id.example.org' },
      sources: [sourceFor(slapd, { accounts: 'check' })],
      homeservers: { 'example.org': { url: homeserver.url } },
      mail: { host: '127.0.0.1', port: mails.port, tls: 'none' },
    });
    client = new IdentityClient(islet.url);
    await client.register('example.org', 'token-of-alice');
    await eventually(async () => (await accounts()).absent === 3);
  });

  afterAll(async () => {
    await islet?.remove();
    await Promise.all([slapd?.stop(), mails?.close(), homeserver?.close()]);
  });

  const accounts = async () => {
    const ready = (await (await fetch(`${islet.adminUrl}/health/ready`)).json()) as {
      checks: { accounts: { ok: boolean; absent: number; failures: Record<string, string> } };
    };
    return ready.checks.accounts;
  };
  const found = async (address: string) => ({
    hashed: (await client.findHashed([address]))[address],
    plain: (await client.findPlain([`${address} email`]))[`${address} email`],
  });
  const notFound = { hashed: undefined, plain: undefined };
  const foundAs = (mxid: string) => ({ hashed: mxid, plain: mxid });

  it('is not found, while others are', async () => {
    expect(await found(carla)).toEqual(notFound);
    expect(await found('alice@example.org')).toEqual(foundAs('@alice:example.org'));
  });

  it('is explained as a person without an account, while the server runs', async () => {
    const absent = await islet.command('lookup', carla);
    expect(absent).toMatchObject({ code: 1, stderr: '' });
    expect(absent.stdout).toContain(`${carla} (email) is nobody: the user has no account`);
    expect(absent.stdout).toMatch(/no account at example\.org, as of \d+ (s|min) ago, so the user is not returned/);
    const remote = await islet.command('lookup', 'alice@example.org');
    expect(remote.stdout).toMatch(/account seen at example\.org, as of \d+ (s|min) ago/);
  });

  it('gets an invitation by mail, which is delivered soon after the first login (INV-2)', async () => {
    const invited = await client.post('/v2/store-invite', {
      medium: 'email',
      address: carla,
      room_id: '!room:example.org',
      sender: '@alice:example.org',
    });
    expect(invited.status).toBe(200);
    await eventually(() => mails.mails.length === 1);

    homeserver.accounts.add('carla');
    await new IdentityClient(islet.url).register('example.org', 'token-of-carla');
    await eventually(() => homeserver.bound.length > 0);
    expect(homeserver.bound).toMatchObject([
      { mxid: '@carla:example.org', address: carla, invites: [{ token: invited.body['token'] }] },
    ]);
    expect(await found(carla)).toEqual(foundAs('@carla:example.org'));
  });

  it('is still known to have no account while the homeserver is down, also after a restart', async () => {
    await homeserver.close();
    await islet.restart();
    expect(await found('dave@example.org')).toEqual(notFound);
    expect(await found('alice@example.org')).toEqual(foundAs('@alice:example.org'));

    await slapd.modify(`${person('erin', ['erin@example.org'], []).replace('\n', '\nchangetype: add\n')}`);
    await islet.command('sync');
    await eventually(async () => (await accounts()).failures['example.org']);
    expect((await accounts()).failures['example.org']).toContain('could not reach http://127.0.0.1');
    expect(await found('erin@example.org')).toEqual(foundAs('@erin:example.org'));
    expect(islet.log()).not.toMatch(/erin|dave/);
  });

  it('is found without a request to the homeserver if account checks are off', async () => {
    const other = await startIslet({ server: { name: 'id.example.org' }, sources: [sourceFor(slapd)] });
    try {
      await other.command('sync');
      const { code, stdout } = await other.command('lookup', 'dave@example.org');
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('directory only; no account seen'),
      });
      expect(stdout).toContain(PEOPLE_BASE);
    } finally {
      await other.remove();
    }
  });
});
