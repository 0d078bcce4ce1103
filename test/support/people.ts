import type { Slapd } from './slapd.js';

/** A small organisation with the difficult cases of directories: multiple values, shared addresses, unusual names. */
export const PEOPLE_BASE = 'ou=people,dc=example,dc=org';

export const PEOPLE = `dn: ${PEOPLE_BASE}
objectClass: organizationalUnit
ou: people

${person('alice', ['alice@example.org', 'A.Archer@Example.org'], ['+49 (0)221 555-1234'])}
${person('Bob.Berg', ['bob@example.org', 'harbour@example.org'], ['0221 / 555 12 35', '0170 5551235'])}
${person('carla', ['carla@example.org', 'harbour@example.org'], [])}
${person('Dave Smith', ['dave@example.org'], ['n/a'])}
${person('10452', ['number@example.org'], [])}
`;

/** LDIF of one person. */
export function person(uid: string, mail: readonly string[], mobile: readonly string[], base = PEOPLE_BASE): string {
  return [
    `dn: uid=${uid},${base}`,
    'objectClass: inetOrgPerson',
    `uid: ${uid}`,
    `cn: ${uid}`,
    `sn: ${uid}`,
    ...mail.map((address) => `mail: ${address}`),
    ...mobile.map((number) => `mobile: ${number}`),
    '',
  ].join('\n');
}

/** The configuration of a private slapd as a source. */
export const sourceFor = (slapd: Slapd, more: Readonly<Record<string, unknown>> = {}) => ({
  ldap: {
    name: 'staff',
    urls: [slapd.url],
    bindDn: slapd.adminDn,
    bindPassword: slapd.adminPassword,
    preset: 'openldap',
    bases: [PEOPLE_BASE],
    homeserver: 'example.org',
    phoneRegion: 'DE',
    ...more,
  },
});
