import type { Region } from '../../domain/identifiers/phone-number.js';

/** Kinds of directories whose usual filter and attribute names are known. */
export type Preset = 'openldap' | 'activeDirectory' | 'freeipa';

export interface LdapAttributes {
  /** Names the user: a login name that the localpart is made of, or the whole Matrix ID where no homeserver is given. */
  readonly user: string;
  readonly email: readonly string[];
  readonly msisdn: readonly string[];
  /** The entry's own lasting id. Absent: the first that an entry has of those that directories are known to have. */
  readonly id?: string | undefined;
}

/** What of an entry its person is found by. */
export interface SearchAttributes {
  /** What makes the name that is shown, an attribute or a template such as `{givenName} {sn}`: the first that an entry has all of. */
  readonly name: readonly string[];
  /** Attributes whose values are searched beside it. */
  readonly attributes: readonly string[];
}

/** One directory, as the administrator describes it. */
export interface LdapOptions {
  readonly name: string;
  /** `ldap://` or `ldaps://`, tried in turn. */
  readonly urls: readonly string[];
  /** Encrypt connections to `ldap://` URLs before anything else is said. */
  readonly startTls?: boolean | undefined;
  /** Certificates in PEM that are trusted instead of the usual authorities. */
  readonly ca?: string | undefined;
  /** For servers that want one: our certificate and its key, PEM. */
  readonly clientCertificate?: string | undefined;
  /** Absent: ask anonymously. */
  readonly bindDn?: string | undefined;
  readonly password?: string | undefined;
  /** Where the password was found, to be told when it is refused: `file /etc/islet/ldap-password`. */
  readonly passwordFrom?: string | undefined;
  /** Send the password unencrypted over a network. */
  readonly allowClearText?: boolean | undefined;
  /** Distinguished names below which people are. At least one; the whole subtree is searched. */
  readonly bases: readonly string[];
  /** Which entries are people: RFC 4515. Absent: the preset's, or whatever has the naming attribute. */
  readonly filter?: string | undefined;
  /** Which of them are told to nobody who looks for an address. RFC 4515. */
  readonly unlisted?: string | undefined;
  /** Whether entries of the class `alias` stand for whom they name, or for nobody. Absent: nobody. */
  readonly aliases?: 'follow' | 'ignore' | undefined;
  readonly preset?: Preset | undefined;
  /** What differs from the preset; without a preset `user` must be here. */
  readonly attributes?: Partial<LdapAttributes> | undefined;
  /** Server name of the homeserver. Absent: the naming attribute holds whole Matrix IDs. */
  readonly homeserver?: string | undefined;
  /** What the homeserver makes of an entry: `{uid}`, `u{uid}`, `{mail|before-at}`. */
  readonly localpart?: string | undefined;
  /** By what its people are searched. Absent: nothing of it is kept. */
  readonly search?: SearchAttributes | undefined;
  /** Where phone numbers without a country code are at home. */
  readonly phoneRegion?: Region | undefined;
  /** How long one live lookup may take as a whole. */
  readonly timeLimitMs: number;
  /** A listing that brings no entry for this long has failed. */
  readonly stallLimitMs?: number | undefined;
  /** At most so many connections for live lookups. */
  readonly connections: number;
  /** Entries a page of a listing. */
  readonly pageSize: number;
  /** Listings are read in a thread of their own, so that a big one delays no request. */
  readonly listsInThread?: boolean | undefined;
}
/** How long a listing may bring nothing before it has failed. */
export const STALL_MS = 60000;
