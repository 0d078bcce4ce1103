import { describe, expect, it } from 'vitest';
import { anyOf, equals, not } from '../../../src/adapters/ldap/protocol/filter-builder.js';

const mail = (address: string) => equals('mail', address);
/** The types of the library do not declare the text of a filter. */
const textOf = (filter: unknown) => (filter as { toString(): string }).toString();

describe('alternatives of a filter', () => {
  it('are all on one level: servers test every level for every entry', () => {
    const nested = anyOf([anyOf([mail('a'), anyOf([mail('b'), mail('c')])]), not(anyOf([mail('d'), mail('e')]))]);
    expect(textOf(nested)).toBe('(|(mail=a)(mail=b)(mail=c)(!(|(mail=d)(mail=e))))');
  });

  it('of which there is one are that one', () => {
    expect(textOf(anyOf([anyOf([mail('a')])]))).toBe('(mail=a)');
    expect(textOf(anyOf([]))).toBe('(|)');
  });
});
