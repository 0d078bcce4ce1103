import ldap from 'ldapjs';
import { baseText } from '../protocol/search-base.js';
import type { Connection, Limits } from './connection.js';
import type { Page } from './search-request.js';
import type { SearchRequest } from './search-request.js';
import { atThisTime } from '../protocol/time-filter.js';
import { equals } from '../protocol/filter-builder.js';
import { LdapError } from './ldap-error.js';
import { attributesOf, joined, type RawEntry } from '../protocol/raw-entry.js';

/** More ranges than any entry has addresses: a server that exceeds this is broken. */
const MOST_RANGES = 1_000;
/** Pages may be empty if their entries are not readable for this account. */
const MOST_EMPTY_PAGES = 1_000;

/**
 * All pages of a search, read at most one page ahead. Long attributes are fetched completely.
 *
 * @param limits for each request
 */
export async function* pagesOf(
  connection: Connection,
  asked: SearchRequest,
  limits: () => Limits,
): AsyncGenerator<Omit<Page, 'cookie'>> {
  const question = { ...asked, filter: atThisTime(asked.filter) };
  const ask = (cookie?: Buffer) => connection.search({ ...question, ...(cookie && { cookie }) }, limits());
  const firsts = new Set<string>();
  let emptyPages = 0;
  let next: Promise<Page> | undefined = ask();
  while (next) {
    const { entries: found, refers, cookie }: Page = await next;
    const [first] = found;
    if ((first && firsts.has(first.dn)) || emptyPages === MOST_EMPTY_PAGES) {
      throw new LdapError(
        connection.url,
        `search below ${baseText(question.base)} failed: the server sends pages without end`,
      );
    }
    if (first) firsts.add(first.dn);
    emptyPages = first ? 0 : emptyPages + 1;
    const entries: RawEntry[] = [];
    for (const entry of found) {
      entries.push(entry.missing.length === 0 ? entry : await completed(entry, connection, question, limits));
    }
    // The server reads the next page while this one is processed.
    next = cookie && ask(cookie);
    next?.catch(() => undefined);
    yield { entries, refers };
  }
}

/** Completes an entry of which the server returned only the first values of an attribute. [MS-ADTS] 3.1.1.3.1.3.3 */
async function completed(
  entry: RawEntry,
  connection: Connection,
  question: SearchRequest,
  limits: () => Limits,
): Promise<RawEntry> {
  const idAttribute = attributesOf(entry).find(({ description }) => question.id.includes(description.toLowerCase()));
  const id = idAttribute?.values[0];
  const request: Pick<SearchRequest, 'base' | 'scope' | 'filter'> =
    idAttribute && id
      ? { base: question.base, scope: 'sub', filter: equals(idAttribute.description, Buffer.from(id, 'latin1')) }
      : { base: entry.dn, scope: 'base', filter: new ldap.PresenceFilter({ attribute: 'objectClass' }) };

  let complete = entry;
  for (let ranges = 0; complete.missing.length > 0; ranges++) {
    if (ranges === MOST_RANGES)
      throw new Error(`the server sends values of ${complete.missing.join(', ')} without end`);
    const attributes = [...complete.missing, ...question.id];
    const { id: ids } = question;
    const { entries } = await connection.search({ ...request, attributes, id: ids }, limits());
    const more = entries.find(({ id }) => id === entry.id);
    // The entry has been deleted meanwhile; the next listing will not contain it.
    if (!more) return complete;
    complete = joined(complete, more);
  }
  return complete;
}
