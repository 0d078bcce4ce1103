import { expect, it } from 'vitest';
import { isComputed } from '../../../src/adapters/ldap/mapping/computed-membership.js';
import { withPreset } from '../../../src/adapters/ldap/mapping/presets.js';
import { parseFilter } from '../../../src/adapters/ldap/protocol/filter-parser.js';

it.each([
  '(&(objectClass=user)(memberOf=cn=staff,dc=example,dc=org))',
  '(memberOf:1.2.840.113556.1.4.1941:=cn=staff,dc=example,dc=org)',
  '(&(objectClass=person)(!(nsRole=cn=gone,dc=example,dc=org)))',
  '(&(objectClass=person)(!(nsAccountLock=TRUE)))',
  '(|(objectClass=person)(accountExpires>=1))',
  '(ou:dn:=sales)',
  '(isMemberOf;x-a=cn=staff)',
])('%s depends on more than the entry: its result can change although the entry does not', (filter) => {
  expect(isComputed(parseFilter(filter))).toBe(true);
});

it.each([
  '(objectClass=inetOrgPerson)',
  '(&(objectCategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
  '(&(uid=*)(mail=*@example.org))',
  '(&(uid=*)(!(accountExpires<={now})))',
])('%s depends only on the entry or the time', (filter) => {
  expect(isComputed(parseFilter(filter))).toBe(false);
});

it('the filter of the FreeIPA preset depends on more than the entry, because a role can lock accounts', () => {
  expect(isComputed(parseFilter(withPreset({ preset: 'freeipa' }).filter ?? ''))).toBe(true);
});
