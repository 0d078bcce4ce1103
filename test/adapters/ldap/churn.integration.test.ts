import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import type { LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import type { MirroredEntry } from '../../../src/domain/directory/directory-entry.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { Churn, type ChurnStyle } from '../../support/churn.js';
import { type TestDomain, openTestDomain } from '../../support/test-domain.js';
import { listed, sourceOf } from '../../support/ldap.js';
import { unit } from '../../support/ldif.js';
import { Samba } from '../../support/samba.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const [PEOPLE, GUESTS, ELSEWHERE] = ['people', 'guests', 'elsewhere'].map((name) => `ou=${name},${ROOT}`) as [
  string,
  string,
  string,
];
const NORTH = `ou=north,${PEOPLE}`;
const bases = [NORTH, PEOPLE, GUESTS];
const units = [PEOPLE, NORTH, GUESTS, ELSEWHERE];
const LDIF = unit('people') + unit('north', PEOPLE) + unit('guests') + unit('elsewhere');
const linesOf = (name: string, values: readonly string[]) => values.map((value) => `${name}: ${value}`);

interface Kind {
  readonly rounds: number;
  readonly seeds: readonly number[];
  readonly start: () => Promise<Slapd | Samba>;
  readonly style: ChurnStyle;
  readonly options: Partial<LdapOptions>;
}

const kinds: Readonly<Record<string, Kind>> = {
  OpenLDAP: {
    rounds: 15,
    seeds: [1, 2],
    start: () => Slapd.start({ ldif: LDIF }),
    style: {
      units,
      entry: (uid, mails) => ['objectClass: inetOrgPerson', 'sn: x', `uid: ${uid}`, ...linesOf('mail', mails)],
      active: ['employeeType', 'active', 'left'],
      name: 'uid',
      sharesNames: true,
    },
    options: { filter: '(&(objectClass=inetOrgPerson)(employeeType=active))' },
  },
  'Active Directory, by Samba': {
    rounds: 5,
    seeds: [3],
    start: () => Samba.start(LDIF),
    style: {
      units,
      entry: (name, mails) => ['objectClass: user', `sAMAccountName: ${name}`, ...linesOf('mail', mails)],
      active: ['userAccountControl', '544', '546'],
      name: 'sAMAccountName',
      sharesNames: false,
    },
    options: { preset: 'activeDirectory' },
  },
};

const addresses = Array.from({ length: 15 }, (_, i) => email(`mail${i}@example.org`));

describe.each(Object.entries(kinds))(
  'a mirror that follows a directory of %s, in which everything changes',
  (_name, kind) => {
    const { style, options, rounds, seeds } = kind;
    let server: Slapd | Samba;
    const opened: LdapSource[] = [];
    beforeAll(async () => {
      server = await kind.start();
    });
    afterAll(async () => {
      for (const source of opened) await source.close();
      await server?.stop();
    });

    function open(more: Partial<LdapOptions> = {}): LdapSource {
      const source = sourceOf(server, { bases, ...options, ...more });
      opened.push(source);
      return source;
    }

    const start = async () => openTestDomain({ directories: [open()] });
    const mirrorOf = async ({ stores }: TestDomain) => {
      const entries = new Map<string, MirroredEntry>();
      for await (const page of stores.mirrors.entries('staff')) for (const entry of page) entries.set(entry.id, entry);
      return entries;
    };
    const answersOf = (domain: TestDomain) => addresses.map((address) => domain.inMirror('staff', address));

    it.each(seeds)(
      'equals a new mirror except for deleted entries, and equals it completely after a full sync (seed %i)',
      async (seed) => {
        const churn = new Churn(seed, style);
        const domain = await start();
        const fullState = async () => {
          const fresh = await start();
          await fresh.mirrorService.sync('staff', { isForced: true });
          return fresh;
        };
        await server.modify(churn.changes(20));
        await domain.mirrorService.sync('staff', { isForced: true });

        for (let round = 0; round < rounds; round++) {
          const before = await mirrorOf(domain);
          await server.modify(churn.changes(6));
          const report = await domain.mirrorService.sync('staff', { isIncremental: true, isForced: true });
          expect(report).toMatchObject({ isFull: false, isApplied: true });
          const [mirror, fresh] = [await mirrorOf(domain), await mirrorOf(await fullState())];
          const present = new Set((await listed(open({ filter: '(objectClass=*)' }))).map(({ id }) => id));
          const extra = [...mirror.values()].filter(({ id }) => !fresh.has(id));
          expect(extra.filter(({ id }) => present.has(id))).toEqual([]);
          expect([...mirror.values()].filter(({ id }) => fresh.has(id)).sort(byId)).toEqual(
            [...fresh.values()].sort(byId),
          );
          const changed = [...mirror.values()].filter(({ id, digest }) => before.get(id)?.digest !== digest);
          const names = new Set(changed.map(({ person }) => person?.mxid));
          expect(extra.filter(({ person }) => names.has(person?.mxid))).toEqual([]);
          expect(report.bases).toEqual(countsOf([...mirror.values()]));
        }

        const fresh = await fullState();
        const { bases: parts } = await domain.mirrorService.sync('staff', { isForced: true });
        expect(await mirrorOf(domain)).toEqual(await mirrorOf(fresh));
        expect(answersOf(domain)).toEqual(answersOf(fresh));
        expect(parts).toEqual((await fresh.mirrorService.state('staff')).bases);
      },
    );
  },
);

const byId = (a: MirroredEntry, b: MirroredEntry) => (a.id < b.id ? -1 : 1);

const countsOf = (entries: readonly MirroredEntry[]) =>
  Object.fromEntries(bases.map((part) => [part, entries.filter((entry) => entry.base === part).length]));
