import type { Region } from '../../domain/identifiers/phone-number.js';
import type { SearchAttributes } from '../shared/search-text.js';

/** Directory products with known default filters and attribute names. */
export type Preset = 'openldap' | 'activeDirectory' | 'freeipa';

export interface LdapAttributes {
  /** Names the user: a login name for the localpart, or the whole Matrix user ID if no homeserver is given. */
  readonly user: string;
  readonly email: readonly string[];
  readonly msisdn: readonly string[];
  /** The persistent id of the entry. Absent: the first known id attribute that the entry has. */
  readonly id?: string | undefined;
}

/** The configuration of one directory. */
export interface LdapOptions {
  readonly name: string;
  /** `ldap://` or `ldaps://`, tried in turn. */
  readonly urls: readonly string[];
  /** Use STARTTLS on `ldap://` connections before anything else is sent. */
  readonly startTls?: boolean | undefined;
  /** Trusted CA certificates instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** Client certificate and key for servers that require them, PEM. */
  readonly clientCertificate?: string | undefined;
  /** Absent: anonymous bind. */
  readonly bindDn?: string | undefined;
  readonly password?: string | undefined;
  /** The origin of the password, for error messages when it is refused: `file /etc/islet/ldap-password`. */
  readonly passwordFrom?: string | undefined;
  /** Allow sending the password unencrypted over a network. */
  readonly allowClearText?: boolean | undefined;
  /** Distinguished names below which people are found. At least one; the whole subtree is searched. */
  readonly bases: readonly string[];
  /**
   * Filter for entries that are people: RFC 4515. Absent: the filter of the preset, or all entries that have the naming
   * attribute.
   */
  readonly filter?: string | undefined;
  /** Filter for people who are never returned by a lookup. RFC 4515. */
  readonly unlisted?: string | undefined;
  /** Whether entries of the class `alias` are dereferenced or ignored. Absent: ignored. */
  readonly aliases?: 'follow' | 'ignore' | undefined;
  readonly preset?: Preset | undefined;
  /** Differences from the preset; required (at least `user`) without a preset. */
  readonly attributes?: Partial<LdapAttributes> | undefined;
  /** Server name of the homeserver. Absent: the naming attribute contains whole Matrix user IDs. */
  readonly homeserver?: string | undefined;
  /** Template by which the homeserver creates localparts: `{uid}`, `u{uid}`, `{mail|before-at}`. */
  readonly localpart?: string | undefined;
  /** How people are found by name. Absent: no search data is stored. */
  readonly search?: SearchAttributes | undefined;
  /** Region of phone numbers that have no country code. */
  readonly phoneRegion?: Region | undefined;
  /** Time limit for a live lookup as a whole. */
  readonly timeLimitMs: number;
  /** Longest time without a new entry before a listing fails. */
  readonly stallLimitMs?: number | undefined;
  /** Maximum number of connections for live lookups. */
  readonly connections: number;
  /** Entries per page of a listing. */
  readonly pageSize: number;
  /** Run listings in a separate thread, so that a large one does not delay requests. */
  readonly listsInThread?: boolean | undefined;
}
/** Longest time without a new entry before a listing fails. */
export const STALL_MS = 60000;
