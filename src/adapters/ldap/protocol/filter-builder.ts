import ldap, { type Filter } from 'ldapjs';

/** Values are passed as bytes, so user input cannot change the structure of the filter. */
export const equals = (attribute: string, value: string | Buffer): Filter =>
  new ldap.EqualityFilter({ attribute, value: Buffer.from(value) });

/** Alternatives within alternatives are joined: the server then has fewer filters to read and to test. */
export function anyOf(filters: readonly Filter[]): Filter {
  const parts = filters.flatMap((filter) => (filter instanceof ldap.OrFilter ? alternativesOf(filter) : filter));
  const [only] = parts;
  return only && parts.length === 1 ? only : new ldap.OrFilter({ filters: parts });
}

/** A field that the types of the library do not declare. */
const alternativesOf = (filter: Filter): readonly Filter[] =>
  (filter as unknown as { readonly clauses: readonly Filter[] }).clauses;

export const not = (filter: Filter): Filter => new ldap.NotFilter({ filter });

export const allOf = (...filters: Filter[]): Filter => new ldap.AndFilter({ filters });
