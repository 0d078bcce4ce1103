import ldap, { type Filter } from 'ldapjs';
import { describe, expect, it } from 'vitest';
import { allOf, anyOf, equals } from '../../../src/adapters/ldap/protocol/filter-builder.js';
import {
  encodedAll,
  encodedAny,
  encodedEquality,
  encodedText,
  filterOf,
} from '../../../src/adapters/ldap/protocol/filter-encoding.js';

const LENGTHS = [0, 1, 120, 127, 128, 255, 256, 65_535, 65_536];
const texts = [...LENGTHS.map((length) => 'a'.repeat(length)), 'bücher@例え.jp', 'a)(uid=*', '\\2a\0'];

describe('an encoded filter', () => {
  it.each(texts)('for a value is what the library would send, whatever its length or characters: %.20s', (text) => {
    expect(encodedEquality('mail', text)).toEqual(encodedText(equals('mail', text)));
  });

  it('of alternatives is what the library would send', () => {
    const all = texts.map((text) => equals('proxyAddresses', text));
    const encoded = texts.map((text) => encodedEquality('proxyAddresses', text));
    expect(encodedAny(encoded)).toEqual(encodedText(anyOf(all)));
    expect(encodedAny(encoded.slice(0, 1))).toEqual(encoded[0]);
    expect(encodedAll(encoded.slice(0, 1))).toEqual(encodedText(allOf(...all.slice(0, 1))));
  });

  it('may be a part of another filter', () => {
    const people = new ldap.PresenceFilter({ attribute: 'uid' });
    const mail = equals('mail', 'anna@example.org');
    const ofPeople = (part: Filter) => encodedText(allOf(people, part));
    expect(ofPeople(filterOf(encodedEquality('mail', 'anna@example.org')))).toEqual(ofPeople(mail));
  });
});
