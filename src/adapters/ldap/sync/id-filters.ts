import type { Filter } from 'ldapjs';
import { equals } from '../protocol/filter-builder.js';
import type { Rules } from '../mapping/mapping-rules.js';

/**
 * Whether an id is an attribute value that can be searched. A distinguished name, used if there is no id attribute, is
 * not.
 */
export const mayBeAsked = (id: string): boolean => !id.includes('=');

/** Filters of which one matches the entry with this id. The id is text, or bytes in hexadecimal. */
export function idFilters(id: string, { id: names }: Pick<Rules, 'id'>): readonly Filter[] {
  const bytes = /^(?:[0-9a-f]{2})+$/.test(id) ? [Buffer.from(id, 'hex')] : [];
  return names.flatMap((name) => {
    const values = name === 'objectguid' ? bytes : [Buffer.from(id), ...bytes];
    return values.map((value) => equals(name, value));
  });
}
