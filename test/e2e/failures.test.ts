import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE, PEOPLE_BASE, sourceFor } from '../support/people.js';
import { Slapd } from '../support/slapd.js';

const EVE = 'objectClass: inetOrgPerson\nuid: eve\ncn: eve\nsn: eve\nmail: eve@example.org\n';

describe('a server whose directory fails', () => {
  let slapd: Slapd;
  let homeserver: HomeserverStandIn;
  let islet: RunningIslet;
  let client: IdentityClient;

  const source = (more = {}) => sourceFor(slapd, { timeLimit: '1s', ...more });
  const staff = async () => {
    const ready = (await (await fetch(`${islet.adminUrl}/health/ready`)).json()) as {
      checks: { mirrors: { staff: { ok: boolean; entries: number; failure?: string } } };
    };
    return ready.checks.mirrors.staff;
  };

  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: PEOPLE });
    homeserver = await startHomeserver('example.org');
    islet = await startIslet({
      server: { name: 'id.example.org' },
      sources: [source()],
      homeservers: { 'example.org': { url: homeserver.url } },
    });
    client = new IdentityClient(islet.url);
    await client.register('example.org', 'token-of-alice');
    await eventually(async () => (await staff()).ok);
  });

  afterAll(async () => {
    await islet?.remove();
    await Promise.all([slapd?.stop(), homeserver?.close()]);
  });

  const askBoth = async () => ({
    hashed: await client.findHashed(['alice@example.org']),
    plain: await client.findPlain(['alice@example.org email', 'nobody@example.org email']),
  });
  const found = {
    hashed: { 'alice@example.org': '@alice:example.org' },
    plain: { 'alice@example.org email': '@alice:example.org' },
  };

  it('answers from the mirror within the time limit while the directory hangs, and live once it continues', async () => {
    await slapd.pause();
    try {
      const since = performance.now();
      const answers = await Promise.all(Array.from({ length: 20 }, askBoth));
      // One time limit for all of them, on a busy machine. One after the other would take twice as long.
      expect(performance.now() - since).toBeLessThan(10_000);
      for (const answer of answers) expect(answer).toEqual(found);
    } finally {
      slapd.resume();
    }
    expect(await askBoth()).toEqual(found);
  });

  it('answers from the mirror while the directory is down, also after a restart, and logs it once', async () => {
    await slapd.kill();
    expect(await askBoth()).toEqual(found);
    await islet.restart();
    expect(await askBoth()).toEqual(found);
    await eventually(async () => (await staff()).failure);
    await slapd.restart();
    expect(await askBoth()).toEqual(found);
  });

  it('has a change of the directory after the next sync', async () => {
    await slapd.modify(`dn: uid=alice,${PEOPLE_BASE}\nchangetype: modify\nadd: mail\nmail: ally@example.org\n`);
    const { code, stdout } = await islet.command('sync', 'staff');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('0 new, 1 changed, 0 gone') });
    expect(await client.findHashed(['ally@example.org'])).toEqual({ 'ally@example.org': '@alice:example.org' });
  });

  it('rejects a sync in which the directory is empty, and keeps its mirror', async () => {
    for (const uid of ['alice', 'Bob.Berg', 'carla']) {
      await slapd.modify(`dn: uid=${uid},${PEOPLE_BASE}\nchangetype: delete\n`);
    }
    const refused = await islet.command('sync');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('not applied');
    expect(refused.stdout).toContain('if this is correct: islet sync staff --force');
    expect(refused.stdout).toContain('if this is correct: islet sync staff --force');
    expect(await client.findHashed(['ally@example.org'])).toEqual({ 'ally@example.org': '@alice:example.org' });
    expect((await staff()).failure).toContain('maxShrink');

    expect((await islet.command('sync', '--dry-run', '--force')).stdout).toContain('3 gone');
    expect((await islet.command('sync', '--force')).code).toBe(0);
    // Alice is among the people who left, and signs in again like a client.
    await client.register('example.org', 'token-of-alice');
    expect(await client.findHashed(['ally@example.org'])).toEqual({});
    expect(await staff()).toMatchObject({ ok: true });
  });

  it('rejects a filter that matches nothing, and reports it everywhere', async () => {
    await slapd.modify(`dn: uid=eve,${PEOPLE_BASE}\nchangetype: add\n${EVE}`);
    const reason = 'the filter matches none of the entries below the base';
    const other = await startIslet({
      server: { name: 'id.example.org' },
      sources: [source({ filter: '(objectClass=user)' })],
    });
    try {
      const ready = async () => (await fetch(`${other.adminUrl}/health/ready`)).json();
      await eventually(async () => JSON.stringify(await ready()).includes(reason));
      expect(await ready()).toMatchObject({
        ok: false,
        state: 'starting',
        checks: { mirrors: { staff: { ok: false, entries: 0, failure: `${PEOPLE_BASE}: ${reason}` } } },
      });
      expect(await other.command('sync')).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(`not applied: ${PEOPLE_BASE}: ${reason}`),
      });
      expect((await other.command('lookup', 'eve@example.org')).stdout).toContain(
        `not synced yet: ${PEOPLE_BASE}: ${reason}`,
      );

      const forced = await other.command('sync', '--force', '--json');
      expect(JSON.parse(forced.stdout)).toMatchObject([{ isApplied: true, warnings: [`${PEOPLE_BASE}: ${reason}`] }]);
      const forcedReady = await (await fetch(`${other.adminUrl}/health/ready`)).json();
      expect(forcedReady).toMatchObject({
        ok: true,
        checks: { mirrors: { staff: { ok: true, warnings: [`${PEOPLE_BASE}: ${reason}`] } } },
      });
      expect((await other.command('sync')).stdout).toContain(`  ${PEOPLE_BASE}: ${reason}`);
    } finally {
      await other.remove();
    }
  });

  it.each([
    ['a wrong password', () => ({ bindPassword: 'wrong' }), /bind refused for cn=admin.*password from.*credentials/i],
    ['a directory that is not running', () => ({ urls: ['ldap://127.0.0.1:1'] }), /refused/i],
    [
      'a filter that matches nothing and no mirror',
      () => ({ filter: '(objectClass=user)', mirror: false }),
      /matches none/,
    ],
    ['a base that does not exist', () => ({ bases: ['ou=nowhere,dc=example,dc=org'] }), /ou=nowhere/],
  ])('starts with %s, and its log names the server and the reason', async (_case, difference, reason) => {
    const other = await startIslet({
      server: { name: 'id.example.org' },
      sources: [source(difference())],
    });
    try {
      await other.logged(reason);
      expect(other.log()).toMatch(/ldap:\/\/127\.0\.0\.1:\d+/);
      expect(other.log()).not.toContain('"wrong"');
    } finally {
      await other.remove();
    }
  });
});

describe('a source whose listing never ends', () => {
  it('does not keep the server from stopping, even with what it has left open', async () => {
    const module = `
      export default () => {
        setInterval(() => undefined, 1000);
        return {
          find: async () => [],
          async *all() {
            process.stderr.write('it is being listed\\n');
            await new Promise(() => undefined);
          },
        };
      };`;
    const config = { server: { name: 'id.example.org' }, sources: [{ use: './endless.mjs' }] };
    const islet = await startIslet(config, { 'endless.mjs': module });
    await islet.logged('it is being listed');
    expect(await islet.stop()).toBe(0);
    expect(islet.log()).not.toContain('"level":"warn"');
    await islet.remove();
  });
});
