import ldap, { type Filter } from 'ldapjs';

/** Values are passed as bytes, so user input cannot change the structure of the filter. */
export const equals = (attribute: string, value: string | Buffer): Filter =>
  new ldap.EqualityFilter({ attribute, value: Buffer.from(value) });

export const anyOf = (filters: readonly Filter[]): Filter => new ldap.OrFilter({ filters: [...filters] });

export const not = (filter: Filter): Filter => new ldap.NotFilter({ filter });

export const allOf = (...filters: Filter[]): Filter => new ldap.AndFilter({ filters });
