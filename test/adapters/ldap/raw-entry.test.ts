import { describe, expect, it } from 'vitest';
import { attributesOf, joined, rawEntry } from '../../../src/adapters/ldap/protocol/raw-entry.js';
import { searchResultEntry } from '../../support/ber.js';

const IDS = ['entryuuid'];
const content = (mail: string, dn = 'uid=anna,dc=example,dc=org') =>
  searchResultEntry(dn, { uid: 'anna', mail, entryUUID: 'id of anna' });
const before = rawEntry(content('anna@example.org'), IDS);
const known = new Map([[before.dn, { raw: before }]]);

describe('an entry that was received before', () => {
  it('is the same object if its content is the same', () => {
    expect(rawEntry(content('anna@example.org'), IDS, known)).toBe(before);
  });

  it('is read again if its content or its name has changed', () => {
    for (const changed of [content('a@example.org'), content('anna@example.org', 'uid=ANNA,dc=example,dc=org')]) {
      const entry = rawEntry(changed, IDS, known);
      expect(entry).not.toBe(before);
      expect(entry.id).toBe('id of anna');
      expect(entry.digest).not.toBe(before.digest);
    }
  });

  it('is read again if more values were fetched for it', () => {
    const complete = joined(before, rawEntry(content('a@example.org'), IDS));
    const entry = rawEntry(content('anna@example.org'), IDS, new Map([[complete.dn, { raw: complete }]]));
    expect(entry).not.toBe(complete);
    expect(attributesOf(entry)).toEqual(attributesOf(before));
    expect(entry.digest).toBe(before.digest);
  });

  it('may not be truncated', () => {
    const bytes = content('anna@example.org');
    for (const end of [0, 1, 20, 40, bytes.length - 1])
      expect(() => rawEntry(bytes.subarray(0, end), IDS, known)).toThrow('not an LDAP message');
  });
});
