import { NOW } from '../protocol/time-filter.js';
import type { LdapAttributes, LdapOptions, Preset } from '../options.js';

interface PresetDefaults {
  readonly filter: string;
  readonly attributes: LdapAttributes;
}

/** Bit 2 of `userAccountControl`: the account is disabled. 1.2.840.113556.1.4.803 means "has all these bits". */
const DISABLED = '(userAccountControl:1.2.840.113556.1.4.803:=2)';
/** 0 and 9223372036854775807 mean never. Without the attribute, as in the global catalog, accounts never expire. */
const EXPIRED = `(&(accountExpires>=1)(accountExpires<=${NOW}))`;
/** Bit 2048: the account represents a trusted domain, not a person. */
const TRUST = '(userAccountControl:1.2.840.113556.1.4.803:=2048)';

const presets: Readonly<Record<Preset, PresetDefaults>> = {
  openldap: {
    filter: '(objectClass=inetOrgPerson)',
    attributes: { user: 'uid', email: ['mail'], msisdn: ['mobile', 'telephoneNumber'], id: 'entryUUID' },
  },
  activeDirectory: {
    // Contacts are also persons, computers are also users, and managed service accounts are both.
    filter: [
      '(&(objectCategory=person)(objectClass=user)',
      '(!(objectClass=computer))(!(objectClass=contact))(!(objectClass=group))',
      '(!(objectClass=msDS-GroupManagedServiceAccount))(!(objectClass=msDS-ManagedServiceAccount))',
      `(!${DISABLED})(!${EXPIRED})(!${TRUST}))`,
    ].join(''),
    attributes: {
      user: 'sAMAccountName',
      email: ['mail', 'proxyAddresses'],
      msisdn: ['mobile', 'telephoneNumber'],
      id: 'objectGUID',
    },
  },
  freeipa: {
    filter: '(&(objectClass=person)(objectClass=posixAccount)(!(nsAccountLock=TRUE)))',
    attributes: { user: 'uid', email: ['mail'], msisdn: ['mobile', 'telephoneNumber'] },
  },
};

/** Mapping options. Values of the administrator take precedence over the preset. */
export interface MappingOptions {
  readonly filter: string | undefined;
  readonly user: string | undefined;
  readonly email: readonly string[];
  readonly msisdn: readonly string[];
  readonly id: readonly string[];
}

/** Persistent ids of OpenLDAP, Active Directory, FreeIPA and 389 Directory Server. */
const KNOWN_IDS = ['entryUUID', 'objectGUID', 'ipaUniqueID', 'nsUniqueId'];

export function withPreset({
  preset,
  filter,
  attributes = {},
}: Pick<LdapOptions, 'preset' | 'filter' | 'attributes'>): MappingOptions {
  const usual = preset && presets[preset];
  const id = attributes.id ?? usual?.attributes.id;
  return {
    filter: filter ?? usual?.filter,
    user: attributes.user ?? usual?.attributes.user,
    email: attributes.email ?? usual?.attributes.email ?? [],
    msisdn: attributes.msisdn ?? usual?.attributes.msisdn ?? [],
    id: id === undefined ? KNOWN_IDS : [id],
  };
}
