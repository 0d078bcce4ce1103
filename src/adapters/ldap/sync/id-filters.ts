import type { Filter } from 'ldapjs';
import { equals } from '../protocol/filter-builder.js';
import type { Rules } from '../mapping/mapping-rules.js';

/** Whether an id is the value of an attribute: a distinguished name, which stands for it where there is none, is not. */
export const mayBeAsked = (id: string): boolean => !id.includes('=');

/** One of them lets through the entry of this id, which is text or bytes in hexadecimal digits. */
export function idFilters(id: string, { id: names }: Pick<Rules, 'id'>): readonly Filter[] {
  const bytes = /^(?:[0-9a-f]{2})+$/.test(id) ? [Buffer.from(id, 'hex')] : [];
  return names.flatMap((name) => {
    const values = name === 'objectguid' ? bytes : [Buffer.from(id), ...bytes];
    return values.map((value) => equals(name, value));
  });
}
