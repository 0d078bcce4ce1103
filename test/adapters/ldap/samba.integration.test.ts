import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import { ldapSource, type LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import {
  account,
  AD_CROWD,
  AD_CROWD_BASE,
  AD_CROWD_LDIF,
  AD_LDIF,
  AD_PEOPLE,
  AD_ROOT,
  READER,
} from '../../support/ad-people.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { listed } from '../../support/ldap.js';
import { freePort } from '../../support/ports.js';
import { Samba } from '../../support/samba.js';

const anna = email('anna.meier@example.org');
const ownerOf = '@anna.meier:example.org';

describe('Active Directory in the form of Samba', () => {
  let samba: Samba;
  const opened: LdapSource[] = [];
  beforeAll(async () => {
    samba = await Samba.start(AD_LDIF + AD_CROWD_LDIF);
  });
  afterAll(async () => {
    for (const source of opened) await source.close();
    await samba?.stop();
  });

  function open(
    options: Partial<LdapOptions> = {},
    recorded = new RecordingTelemetry(),
    now: () => number = Date.now,
  ): LdapSource {
    const source = ldapSource(
      {
        name: 'ad',
        urls: [samba.url],
        bindDn: READER.dn,
        password: READER.password,
        preset: 'activeDirectory',
        bases: [AD_PEOPLE, `OU=Büro,${AD_ROOT}`],
        homeserver: 'example.org',
        phoneRegion: 'DE',
        timeLimitMs: 10_000,
        stallLimitMs: 10_000,
        connections: 2,
        pageSize: 1_000,
        ...options,
      },
      recorded,
      { now },
    );
    opened.push(source);
    return source;
  }

  const people = async (options: Partial<LdapOptions> = {}) =>
    new Map(
      (await listed(open(options))).map((entry) => {
        const { person } = entry.parse();
        return [person?.mxid, person?.threepids] as const;
      }),
    );
  const ask = async (source: LdapSource, threepid: Threepid) => (await source.find([threepid]))[0];

  it('compares its times with {now}', async () => {
    const askOf = (filter: string) => ask(open({ filter: `(&(objectClass=user)${filter})` }), anna);
    expect(await askOf('(whenCreated<={now})')).toMatchObject({ mxid: ownerOf });
    expect(await askOf('(whenCreated>={now})')).toBeUndefined();
  });

  it('lists people with all their addresses, and no other entries', async () => {
    expect(await people()).toEqual(
      new Map([
        [ownerOf, [anna, email('a.old@example.org'), msisdn('492215551234')]],
        ['@b=c3=a4chli:example.org', [email('bächli@example.org'), msisdn('491705551235')]],
        ['@inet:example.org', [email('inet@example.org')]],
      ]),
    );
  });

  it.each(['anna.meier@example.org', 'ANNA.Meier@example.ORG', 'a.old@example.org'])('finds %s', async (address) => {
    expect(await ask(open(), email(address))).toMatchObject({ mxid: ownerOf });
  });

  it('finds a number that is written in national notation, and non-ASCII names', async () => {
    expect(await ask(open(), msisdn('492215551234'))).toMatchObject({ mxid: ownerOf });
    expect(await ask(open(), email('bächli@example.org'))).toMatchObject({ mxid: '@b=c3=a4chli:example.org' });
  });

  it.each(['gone', 'office', 'sales', 'partner', 'pc12', 'gmsa', 'msa'])('does not find %s', async (name) => {
    expect(await open().find([email(`${name}@example.org`)])).toEqual([]);
  });

  it.each([
    ['{userPrincipalName|before-at}', '@anna:example.org'],
    ['{userPrincipalName|default-domain:example.org}', '@anna/emea.example.org:example.org'],
    ['u-{sAMAccountName}', '@u-anna.meier:example.org'],
  ])('derives user IDs from %s', async (localpart, mxid) => {
    expect(await ask(open({ localpart }), anna)).toMatchObject({ mxid });
    expect([...(await people({ localpart })).keys()]).toContain(mxid);
  });

  it('is read page by page over its whole root, without following referrals', async () => {
    const recorded = new RecordingTelemetry();
    const all = await listed(open({ bases: [AD_ROOT], pageSize: 400 }, recorded));
    expect(all.filter(({ label }) => label.endsWith(AD_CROWD_BASE))).toHaveLength(AD_CROWD);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(recorded.lines.map(({ message }) => message)).toEqual(['referrals to other servers are not followed']);
  });

  it.each([AD_ROOT, ''])('is also read from its global catalog below "%s"', async (base) => {
    const source = open({ urls: [samba.catalogUrl], bases: [base] });
    expect((await listed(source)).length).toBeGreaterThan(AD_CROWD);
    expect(await ask(source, email('a.old@example.org'))).toMatchObject({ mxid: ownerOf });
  });

  it.each([
    ['LDAPS', () => ({ urls: [samba.ldapsUrl] })],
    ['StartTLS', () => ({ startTls: true })],
  ])('is queried over %s with a certificate of its own authority', async (_how, options) => {
    expect(await ask(open({ ...options(), ca: samba.ca }), anna)).toMatchObject({ mxid: ownerOf });
    await expect(ask(open(options()), anna)).rejects.toThrow('certificate is not trusted');
  });

  it('is queried at the next controller if one refuses connections', async () => {
    const dead = `ldap://127.0.0.1:${await freePort()}`;
    const source = open({ urls: [dead, samba.url] });
    expect(await listed(source)).toHaveLength(3);
    expect(await ask(source, anna)).toMatchObject({ mxid: ownerOf });
  });

  it('is queried at the next controller if one has stopped', async () => {
    const other = await Samba.start(AD_LDIF);
    const source = open({ urls: [other.url, samba.url], timeLimitMs: 3_000 });
    try {
      expect(await ask(source, anna)).toMatchObject({ mxid: ownerOf });
      await other.pause();
      // Requests to the server that stopped run into their limit; the next request goes to another one.
      await expect(ask(source, anna)).rejects.toThrow('no answer within');
      expect(await ask(source, anna)).toMatchObject({ mxid: ownerOf });
    } finally {
      await other.stop();
    }
  });

  it('keeps the id of an entry that is renamed and moved', async () => {
    await samba.modify(account('before').replace('\n', '\nchangetype: add\n'));
    const idOf = async (label: string) => (await listed(open())).find((entry) => entry.label === label);
    const before = await idOf(`CN=before,${AD_PEOPLE}`);
    await samba.modify(
      `dn: CN=before,${AD_PEOPLE}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: after\n`,
    );
    await samba.modify(
      `dn: CN=before,${AD_PEOPLE}\nchangetype: modrdn\nnewrdn: CN=after\ndeleteoldrdn: 1\nnewsuperior: OU=Büro,${AD_ROOT}\n`,
    );
    const after = await idOf(`CN=after,OU=Büro,${AD_ROOT}`);
    expect(after?.parse().person?.mxid).toBe('@after:example.org');
    expect(before?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(after?.id).toBe(before?.id);
    await samba.modify(`dn: CN=after,OU=Büro,${AD_ROOT}\nchangetype: delete\n`);
  });

  it('reports changed and disabled accounts by the update sequence numbers of one controller', async () => {
    await samba.modify(['stays', 'leaves'].map((name) => account(name).replace('\n', '\nchangetype: add\n')).join(''));
    const source = open();
    const ids = new Map<string, string>();
    let syncCursor = '';
    for await (const { entries } of source.list((made) => (syncCursor = made))) {
      for (const { id, label } of entries) ids.set(id, label);
    }
    const change = (name: string, attribute: string, value: string) =>
      samba.modify(`dn: CN=${name},${AD_PEOPLE}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n`);
    await change('stays', 'mail', 'stays@example.net');
    await change('leaves', 'userAccountControl', '546');

    const changes = await source.changes(syncCursor);
    const present = changes?.present.flatMap(({ entries }) => entries) ?? [];
    expect(present.map(({ label }) => label)).toEqual([`CN=stays,${AD_PEOPLE}`]);
    expect(present[0]?.parse().person?.threepids).toEqual([email('stays@example.net')]);
    expect(changes?.gone.map((id) => ids.get(id))).toEqual([`CN=leaves,${AD_PEOPLE}`]);
    const later = await source.changes(changes?.syncCursor ?? '');
    expect([later?.present.flatMap(({ entries }) => entries), later?.gone]).toEqual([[], []]);

    const { server, usn } = JSON.parse(syncCursor) as { server: string; usn: number };
    expect(server).toMatch(/^[0-9a-f]{32}$/);
    expect(await source.changes(JSON.stringify({ server: server.replace(/./g, '0'), usn }))).toBeUndefined();
    for (const name of ['stays', 'leaves']) await samba.modify(`dn: CN=${name},${AD_PEOPLE}\nchangetype: delete\n`);
  });

  it('excludes accounts that have expired, live and in the mirror as soon as their time comes', async () => {
    const HOUR_MS = 3_600_000;
    const windows = (ms: number) => String((BigInt(ms) + 11_644_473_600_000n) * 10_000n);
    const ends = {
      'has-ended': windows(Date.now() - HOUR_MS),
      'will-end': windows(Date.now() + HOUR_MS),
      'never-0': '0',
      'never-max': '9223372036854775807',
    };
    const [ended, ending, never, always] = Object.keys(ends).map((name) => `CN=${name},${AD_PEOPLE}`);
    await samba.modify(
      Object.entries(ends)
        .map(([name, accountExpires]) => account(name, { accountExpires }).replace('\n', '\nchangetype: add\n'))
        .join(''),
    );
    let now = Date.now();
    const source = open({}, undefined, () => now);
    const labels = new Map<string, string>();
    let syncCursor = '';
    for await (const { entries } of source.list((made) => (syncCursor = made)))
      for (const { id, label } of entries) labels.set(id, label);
    expect([...labels.values()]).toEqual(expect.arrayContaining([ending, never, always]));
    expect([...labels.values()]).not.toContain(ended);
    const found = async () =>
      (await source.find(Object.keys(ends).map((name) => email(`${name}@example.org`)))).map(
        ({ threepid }) => threepid.address,
      );
    expect((await found()).toSorted()).toEqual([
      'never-0@example.org',
      'never-max@example.org',
      'will-end@example.org',
    ]);

    const before = await source.changes(syncCursor);
    expect(before?.gone).toEqual([]);
    now += 2 * HOUR_MS;
    expect((await found()).toSorted()).toEqual(['never-0@example.org', 'never-max@example.org']);
    const after = await source.changes(before?.syncCursor ?? '');
    expect(after?.gone.map((id) => labels.get(id))).toEqual([ending]);
    for (const name of Object.keys(ends)) await samba.modify(`dn: CN=${name},${AD_PEOPLE}\nchangetype: delete\n`);
  });

  it('reports that it requires a bind', async () => {
    const source = open({ bindDn: undefined, password: undefined });
    await expect(listed(source)).rejects.toThrow('anonymous search is not allowed: set bindDn');
  });

  describe('with an account that may no longer sign in', () => {
    it.each<[string, () => Promise<void>, () => Promise<void>, string]>([
      [
        'because its password was changed',
        () => samba.tool('user', 'setpassword', 'islet', '--newpassword=Passw0rd!of-somebody'),
        () => samba.tool('user', 'setpassword', 'islet', `--newpassword=${READER.password}`),
        'wrong password',
      ],
      [
        'because it was disabled',
        () => samba.tool('user', 'disable', 'islet'),
        () => samba.tool('user', 'enable', 'islet'),
        'the account is disabled',
      ],
      [
        'because it is locked',
        async () => {
          await samba.tool('domain', 'passwordsettings', 'set', '--account-lockout-threshold=1');
          await expect(ask(open({ password: 'wrong' }), anna)).rejects.toThrow('wrong password');
        },
        () => samba.tool('user', 'unlock', 'islet'),
        'the account is locked',
      ],
    ])('fails %s, and does not count as empty', async (_why, lose, restore, reason) => {
      await lose();
      const source = open();
      await expect(listed(source)).rejects.toThrow(`bind refused for ${READER.dn}: invalid credentials (${reason})`);
      await expect(ask(source, anna)).rejects.toThrow(reason);
      await restore();
      expect(await listed(open())).toHaveLength(3);
    });
  });
});
