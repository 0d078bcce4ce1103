import { describe, expect, it } from 'vitest';
import { anyOf, equals, not } from '../../../src/adapters/ldap/protocol/filter-builder.js';

const mail = (address: string) => equals('mail', address);

describe('alternatives of a filter', () => {
  it('are all on one level: servers test every level for every entry', () => {
    const nested = anyOf([anyOf([mail('a'), anyOf([mail('b'), mail('c')])]), not(anyOf([mail('d'), mail('e')]))]);
    expect(nested.toString()).toBe('(|(mail=a)(mail=b)(mail=c)(!(|(mail=d)(mail=e))))');
  });

  it('of which there is one are that one', () => {
    expect(anyOf([anyOf([mail('a')])]).toString()).toBe('(mail=a)');
    expect(anyOf([]).toString()).toBe('(|)');
  });
});
