import { entry } from './ldif.js';
import { password } from './samba.js';

export const AD_ROOT = 'DC=example,DC=org';
export const AD_PEOPLE = `OU=People,${AD_ROOT}`;
/** An account with only the default rights of each user. */
export const READER = { dn: 'islet@example.org', password: 'Passw0rd!of-islet' };

type Attributes = Readonly<Record<string, string | readonly string[]>>;

/** Normal account, no password required (bit 32). */
const ENABLED = '544';
const DISABLED = '546';
const WORKSTATION = '4096';

/** An entry with the address `sAMAccountName@example.org`. */
export function account(name: string, attributes: Attributes = {}, below = AD_PEOPLE): string {
  const defaults = { objectClass: 'user', sAMAccountName: name, mail: `${name.replace('$', '')}@example.org` };
  return entry(`CN=${name},${below}`, { ...defaults, userAccountControl: ENABLED, ...attributes });
}

const managed = (objectClass: string, name: string, more: Attributes = {}) =>
  account(name, { objectClass, userAccountControl: WORKSTATION, ...more });

/** People who must be found, each with one special property, and entries that are not people. */
export const AD_LDIF = [
  entry(AD_PEOPLE, { objectClass: 'organizationalUnit' }),
  entry(`OU=Büro,${AD_ROOT}`, { objectClass: 'organizationalUnit' }),
  account('Anna.Meier', {
    userPrincipalName: 'anna@emea.example.org',
    mail: 'Anna.Meier@Example.org',
    proxyAddresses: [
      'SMTP:Anna.Meier@Example.org',
      'smtp:A.Old@example.org',
      'X500:/o=Example/cn=anna',
      'sip:anna@sip.example.org',
    ],
    telephoneNumber: '0221 / 555 12 34',
  }),
  account('bächli', { userPrincipalName: 'b.baechli@example.org', mobile: '+49 170 5551235' }, `OU=Büro,${AD_ROOT}`),
  account('inet', { objectClass: 'inetOrgPerson' }),
  account('gone', { userAccountControl: DISABLED }),
  // A shared mailbox as Exchange creates it.
  account('office', { userAccountControl: DISABLED, proxyAddresses: 'SMTP:office@example.org' }),
  entry(`CN=sales,${AD_PEOPLE}`, { objectClass: 'group', sAMAccountName: 'sales', mail: 'sales@example.org' }),
  entry(`CN=partner,${AD_PEOPLE}`, { objectClass: 'contact', mail: 'partner@example.org' }),
  managed('computer', 'PC12$'),
  managed('msDS-GroupManagedServiceAccount', 'gmsa$', { 'msDS-ManagedPasswordInterval': '30' }),
  managed('msDS-ManagedServiceAccount', 'msa$'),
  `${entry(`CN=islet,CN=Users,${AD_ROOT}`, {
    objectClass: 'user',
    sAMAccountName: 'islet',
    userPrincipalName: 'islet@example.org',
    userAccountControl: '512',
  }).trimEnd()}\n${password(READER.password)}\n`,
].join('');

/** More people than Active Directory returns in one page. */
export const AD_CROWD = 1_100;
export const AD_CROWD_BASE = `OU=Crowd,${AD_ROOT}`;
export const AD_CROWD_LDIF = [
  entry(AD_CROWD_BASE, { objectClass: 'organizationalUnit' }),
  ...Array.from({ length: AD_CROWD }, (_, index) => account(`crowd${index}`, {}, AD_CROWD_BASE)),
].join('');
