import { PEOPLE_BASE } from '../support/people.js';
import { Slapd } from '../support/slapd.js';

/** LDIF of people with two mail addresses and a phone number each. */
export function peopleLdif(count: number): string {
  const lines = [`dn: ${PEOPLE_BASE}\nobjectClass: organizationalUnit\nou: people\n`];
  for (let at = 0; at < count; at++) {
    lines.push(
      `dn: uid=user${at},${PEOPLE_BASE}\nobjectClass: inetOrgPerson\nuid: user${at}\ncn: User ${at}\nsn: ${at}\n` +
        `mail: user${at}@example.org\nmail: first.last${at}@mail.example.org\n` +
        `mobile: +49 221 ${String(1_000_000 + at)}\nentryUUID: ${uuid(at)}\n`,
    );
  }
  return lines.join('\n');
}

const uuid = (at: number): string => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;

/** Starts OpenLDAP with this number of people. */
export const startDirectory = (count: number): Promise<Slapd> => Slapd.start({ ldif: peopleLdif(count) });
