import ldap from 'ldapjs';
import type { Connection, Limits } from '../connection/connection.js';
import { attributesOf } from '../protocol/raw-entry.js';

const anyEntry = new ldap.PresenceFilter({ attribute: 'objectClass' });

/**
 * One entry by its name: values (bytes as latin1) by attribute name in lower case. `undefined` if nothing is readable.
 */
export async function readEntry(connection: Connection, dn: string, attributes: readonly string[], limits: Limits) {
  const question = { base: dn, scope: 'base', filter: anyEntry, attributes, id: [], most: 1 } as const;
  const [entry] = (await connection.search(question, limits)).entries;
  return entry && new Map(attributesOf(entry).map(({ description, values }) => [description.toLowerCase(), values]));
}
