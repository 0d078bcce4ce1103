import ldap, { type Filter } from 'ldapjs';

/** Values are bytes: whatever a user typed, it stays a value. */
export const equals = (attribute: string, value: string | Buffer): Filter =>
  new ldap.EqualityFilter({ attribute, value: Buffer.from(value) });

export const anyOf = (filters: readonly Filter[]): Filter => new ldap.OrFilter({ filters: [...filters] });

export const not = (filter: Filter): Filter => new ldap.NotFilter({ filter });

export const allOf = (...filters: Filter[]): Filter => new ldap.AndFilter({ filters });
