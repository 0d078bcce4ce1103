import { hash } from 'node:crypto';
import ldap, { type Filter } from 'ldapjs';
import type { Region } from '../../../domain/identifiers/phone-number.js';
import { isServerName } from '../../../domain/identifiers/server-name.js';
import { allOf, equals, not } from '../protocol/filter-builder.js';
import { isComputed } from './computed-membership.js';
import { timedAttributes } from '../protocol/time-filter.js';
import { isAttributeDescription, parseFilter } from '../protocol/filter-parser.js';
import { parseTemplate, placeholdersOf, type Template } from './localpart-template.js';
import type { LdapOptions } from '../options.js';
import { withPreset } from './presets.js';
import { searchedAttributes, type SearchRules, searchRulesOf } from '../../shared/search-text.js';

/** Increase this when the mapping of entries changes, so that mirrors are read again. */
const READING = 3;

/** Which entries are people, and how they are mapped. */
export interface Rules {
  /** Matches all people, including unlisted ones. */
  readonly filter: Filter;
  /** Matches people who are never returned to clients; `undefined` if there are none. */
  readonly unlisted: Filter | undefined;
  readonly followsAliases: boolean;
  /** Whether an entry can start or stop matching the filter without being changed. */
  readonly isComputed: boolean;
  /** Attributes that are compared with the current time. Entries do not change when that time passes. */
  readonly timed: readonly string[];
  /** Template of the localpart, or of the whole user ID if there is no homeserver. */
  readonly template: Template;
  readonly homeserver: string | undefined;
  readonly email: readonly string[];
  readonly msisdn: readonly string[];
  /** Attributes with a persistent id, in lower case. The first one that an entry has is used. */
  readonly id: readonly string[];
  readonly region: Region | undefined;
  /** `undefined` if search by name is disabled. */
  readonly search: SearchRules | undefined;
  /** The attributes to request. */
  readonly requested: readonly string[];
  /** Differs whenever two sets of rules map an entry differently. */
  readonly rulesVersion: string;
}

type Ruling = Pick<
  LdapOptions,
  'preset' | 'filter' | 'unlisted' | 'aliases' | 'attributes' | 'homeserver' | 'localpart' | 'phoneRegion' | 'search'
>;

/** One search for listed people and one for unlisted people. The unlisted ones come first. */
export function audiencesOf({ filter, unlisted }: Pick<Rules, 'filter' | 'unlisted'>): readonly Audience[] {
  if (!unlisted) return [{ filter }];
  // Entries for which the server cannot evaluate `unlisted` match neither filter and are omitted.
  return [{ filter: allOf(filter, unlisted), isUnlisted: true }, { filter: allOf(filter, not(unlisted)) }];
}

interface Audience {
  readonly filter: Filter;
  readonly isUnlisted?: true;
}

/**
 * @param now ms since the epoch
 * @throws Error with a message for the administrator
 */
export function rulesOf(options: Ruling, now: () => number = Date.now): Rules {
  const { homeserver, phoneRegion: region } = options;
  const { filter, user, email, msisdn, id } = withPreset(options);
  const template = naming(options, user);
  const names = placeholdersOf(template).map(({ attribute }) => attribute);
  const search = options.search && searchRulesOf(options.search);
  const searched = searchedAttributes(search);
  for (const attribute of [...names, ...email, ...msisdn, ...id, ...searched]) {
    if (!isAttributeDescription(attribute)) throw new Error(`${JSON.stringify(attribute)} is not an attribute name`);
  }
  if (homeserver !== undefined && !isServerName(homeserver))
    throw new Error(`homeserver: ${homeserver} is not a server name`);
  const unlisted = options.unlisted === undefined ? undefined : parseFilter(options.unlisted, now);
  const followsAliases = options.aliases === 'follow';
  const people =
    filter === undefined ? new ldap.PresenceFilter({ attribute: names[0] ?? '' }) : parseFilter(filter, now);
  return {
    filter: followsAliases ? people : allOf(people, not(equals('objectClass', 'alias'))),
    unlisted,
    followsAliases,
    // The target of an alias does not change when the alias is removed.
    isComputed: followsAliases || [filter && people, unlisted].some((rule) => rule && isComputed(rule)),
    timed: [...new Set([people, unlisted].flatMap((rule) => (rule ? timedAttributes(rule) : [])))],
    template,
    homeserver,
    email,
    msisdn,
    id: id.map((attribute) => attribute.toLowerCase()),
    region,
    search,
    requested: [...new Set([...names, ...email, ...msisdn, ...id, ...searched])],
    rulesVersion: versionOf([READING, homeserver, template, email, msisdn, region, ...(search ? [search] : [])]),
  };
}

const versionOf = (rules: readonly unknown[]): string => hash('sha256', JSON.stringify(rules), 'hex').slice(0, 8);

function naming({ homeserver, localpart }: Ruling, user: string | undefined): Template {
  if (homeserver === undefined && localpart !== undefined) {
    throw new Error('localpart requires homeserver: without it, attributes.user must contain full Matrix IDs');
  }
  if (localpart !== undefined) return parseTemplate(localpart);
  if (user === undefined)
    throw new Error('attributes.user is missing: set the attribute with the user name, or a preset');
  return [{ attribute: user, modifier: 'whole', domain: '' }];
}
