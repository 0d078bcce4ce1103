import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/app/config/config.js';
import { openDirectory } from '../../src/app/wiring/open-sources.js';
import { AD_LDIF, AD_PEOPLE, AD_ROOT, READER } from '../support/ad-people.js';
import { IdentityClient } from '../support/client.js';
import { asked, count, type Example, joined, section } from '../support/directories-page.js';
import { eventually } from '../support/eventually.js';
import { RecordingTelemetry } from '../support/fakes.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { listed } from '../support/ldap.js';
import { entry, person, unit } from '../support/ldif.js';
import { Samba } from '../support/samba.js';
import { Slapd } from '../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PASSWORD = 'of-islet';
const SERVICE = { userPassword: PASSWORD, objectClass: ['organizationalRole', 'simpleSecurityObject'] };
const folderOf = (dn: string) => entry(dn, { objectClass: 'organizationalRole', cn: dn.slice(3).split(',')[0] ?? '' });

describe('docs/setup/directories.md', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-directories-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The entries that Islet lists with an unchanged example, except for the server and the password. */
  async function list(example: Example | undefined, url: string, password: string, ca?: string) {
    const files = { 'ldap-password': `${password}\n`, ...(ca && { 'ca.pem': ca }) };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
    const ldap = {
      ...example?.settings,
      urls: url,
      bindPasswordFile: join(folder, 'ldap-password'),
      ...(ca && { caFile: join(folder, 'ca.pem') }),
    };
    const settings = { server: { name: 'id.example.org' }, sources: [{ ldap }] };
    const file = join(folder, 'islet.yaml');
    await writeFile(file, stringify(settings));
    const { config } = loadConfig({ file, env: {} });
    const [source] = config.sources;
    if (source?.kind !== 'ldap') throw new Error(stringify(config.sources));
    const directory = openDirectory(source, new RecordingTelemetry());
    try {
      return await listed(directory);
    } finally {
      await directory.close();
    }
  }

  it.each(['OpenLDAP', 'Active Directory', 'FreeIPA and 389 Directory Server', 'Any other'])(
    'has for %s a source of fewer than ten lines, and an ldapsearch command with the same search',
    (heading) => {
      const { examples, ldapsearch } = section(heading);
      for (const { lines } of examples) expect(lines).toBeLessThan(10);
      const settings = examples[0]?.settings;
      expect(settings).toBeDefined();
      const command = joined(ldapsearch);
      expect(command).toContain(
        `-H ${[settings?.['urls']].flat()[0] as string} -D ${settings?.['bindDn'] as string} -W`,
      );
      const end = settings === undefined ? '' : ` ${asked(settings)}`;
      expect(command.slice(-end.length)).toBe(end);
    },
  );

  it('is correct about OpenLDAP, its access rights and limits, and about any other directory', async () => {
    const { examples, ldapsearch, slapdConf } = section('OpenLDAP');
    const other = section('Any other');
    const people = Array.from({ length: 510 }, (_, index) => person(`u${index}`, { mail: `u${index}@example.org` }));
    const account = entry(`cn=islet,ou=services,${ROOT}`, { ...SERVICE, cn: 'islet' });
    const group = entry(`cn=all,ou=people,${ROOT}`, { objectClass: 'organizationalRole', cn: 'all' });
    const slapd = await Slapd.start({
      ldif: [unit('people'), ...people, group, unit('services'), account].join(''),
      database: [
        ...slapdConf
          .trimEnd()
          .split('\n')
          .filter((line) => !line.startsWith('index')),
        'access to attrs=userPassword by anonymous auth',
      ],
    });
    try {
      for (const [example, command] of [
        [examples[0], ldapsearch],
        [other.examples[0], other.ldapsearch],
      ] as const) {
        const entries = await list(example, slapd.url, PASSWORD);
        expect(entries).toHaveLength(people.length);
        expect(entries.at(-1)?.parse().person?.threepids).toHaveLength(1);
        expect(await count(command, slapd.url, PASSWORD)).toBe(people.length);
      }
    } finally {
      await slapd.stop();
    }
  });

  it('is correct about FreeIPA', async () => {
    const { examples, ldapsearch } = section('FreeIPA and 389 Directory Server');
    const accounts = `cn=accounts,${ROOT}`;
    const entryFor = (uid: string, more = {}) =>
      person(
        uid,
        {
          objectClass: ['inetOrgPerson', 'posixAccount', 'extensibleObject'],
          mail: `${uid}@example.org`,
          uidNumber: '1',
          gidNumber: '1',
          homeDirectory: '/',
          ...more,
        },
        `cn=users,${accounts}`,
      );
    const slapd = await Slapd.start({
      global: [
        'include /etc/ldap/schema/nis.schema',
        "attributetype ( 1.3.6.1.4.1.55555.30 NAME 'nsAccountLock' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 )",
      ],
      ldif: [
        ...[accounts, `cn=users,${accounts}`, `cn=etc,${ROOT}`, `cn=sysaccounts,cn=etc,${ROOT}`].map(folderOf),
        entry(`uid=islet,cn=sysaccounts,cn=etc,${ROOT}`, {
          ...SERVICE,
          objectClass: ['account', 'simpleSecurityObject'],
          uid: 'islet',
        }),
        entryFor('anna'),
        entryFor('bob', { nsAccountLock: 'FALSE' }),
        entryFor('gone', { nsAccountLock: 'TRUE' }),
      ].join(''),
    });
    try {
      const entries = await list(examples[0], slapd.url, PASSWORD);
      expect(entries.map((item) => item.parse().person?.mxid)).toEqual(['@anna:example.org', '@bob:example.org']);
      expect(await count(ldapsearch, slapd.url, PASSWORD)).toBe(2);
    } finally {
      await slapd.stop();
    }
  });

  describe('about Active Directory', () => {
    const { examples, ldapsearch } = section('Active Directory');
    let samba: Samba;
    beforeAll(async () => {
      samba = await Samba.start(AD_LDIF);
    });
    afterAll(() => samba?.stop());

    it('is correct over LDAPS', async () => {
      const entries = await list(examples[0], samba.ldapsUrl, READER.password, samba.ca);
      const people = entries.flatMap((item) => item.parse().person ?? []);
      expect(people.filter(({ threepids }) => threepids.length > 0)).toHaveLength(3);
      expect(await count(ldapsearch, samba.ldapsUrl, READER.password, join(folder, 'ca.pem'))).toBe(entries.length);
    });

    it('is correct for a global catalog', async () => {
      const entries = await list(examples[1], samba.catalogUrl, READER.password);
      expect(entries.flatMap((item) => item.parse().person?.mxid ?? [])).toEqual(
        expect.arrayContaining(['@anna:example.org', '@b.baechli:example.org']),
      );
    });

    describe('with a complete server', () => {
      let homeserver: HomeserverStandIn;
      let islet: RunningIslet;
      let client: IdentityClient;
      beforeAll(async () => {
        homeserver = await startHomeserver('example.org');
        const ldap = { ...examples[0]?.settings, urls: samba.url, bindPasswordFile: join(folder, 'ad-password') };
        await writeFile(ldap.bindPasswordFile, `${READER.password}\n`, { mode: 0o600 });
        islet = await startIslet({
          server: { name: 'id.example.org' },
          sources: [{ ldap }],
          homeservers: { 'example.org': { url: homeserver.url } },
        });
        client = new IdentityClient(islet.url);
        await client.register('example.org', 'token-of-alice');
        await eventually(async () => (await readiness()).ok);
      });
      afterAll(async () => {
        await islet?.remove();
        await homeserver?.close();
      });

      const readiness = async () => {
        const answer = (await (await fetch(`${islet.adminUrl}/health/ready`)).json()) as {
          checks: { mirrors: { staff: { ok: boolean; failure?: string } } };
        };
        return answer.checks.mirrors.staff;
      };

      it('is correct: hashed and plain lookups find people, but not groups and disabled users', async () => {
        const addresses = ['a.old@example.org', 'bächli@example.org', 'sales@example.org', 'gone@example.org'];
        expect(await client.findHashed(addresses)).toEqual({
          'a.old@example.org': '@anna.meier:example.org',
          'bächli@example.org': '@b=c3=a4chli:example.org',
        });
        expect(
          await client.findPlain(['anna.meier@example.org email', '492215551234 msisdn', 'office@example.org email']),
        ).toEqual({
          'anna.meier@example.org email': '@anna.meier:example.org',
          '492215551234 msisdn': '@anna.meier:example.org',
        });
      });

      it('is correct: a person who is renamed and moved is the same entry', async () => {
        const anna = `CN=Anna.Meier,${AD_PEOPLE}`;
        await samba.modify(`dn: ${anna}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: anna.huber\n`);
        await samba.modify(
          `dn: ${anna}\nchangetype: modrdn\nnewrdn: CN=Anna Huber\ndeleteoldrdn: 1\nnewsuperior: OU=Büro,${AD_ROOT}\n`,
        );
        expect((await islet.command('sync')).stdout).toContain('0 new, 1 changed, 0 gone');
        expect(await client.findHashed(['a.old@example.org'])).toEqual({
          'a.old@example.org': '@anna.huber:example.org',
        });
      });

      it('is correct: the mirror answers when the service account is locked out, and the reason is shown everywhere', async () => {
        await samba.tool('user', 'disable', 'islet');
        const { code, stdout } = await islet.command('sync');
        expect([code, stdout]).toEqual([1, expect.stringContaining('(the account is disabled)')]);
        expect((await readiness()).failure).toContain('(the account is disabled)');
        await islet.logged('(the account is disabled)');
        expect(await client.findHashed(['a.old@example.org'])).toEqual({
          'a.old@example.org': '@anna.huber:example.org',
        });
        await samba.tool('user', 'enable', 'islet');
        expect((await islet.command('sync')).code).toBe(0);
      });
    });
  });
});
