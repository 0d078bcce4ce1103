import { describe, expect, it } from 'vitest';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { claimKey, claimsOf, isDifferentPeople } from '../../../src/domain/directory/person-matching.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { alice, bob } from '../../support/fakes.js';

const [nord, sued, west] = ['edison@nord.example.org', 'edison@sued.example.org', 'edison@west.example.org'].map(
  email,
) as [Threepid, Threepid, Threepid];
const phone = msisdn('492215551234');

const entry = (id: string, ...threepids: readonly Threepid[]) => ({ id, person: { mxid: alice, threepids } });

describe('one user ID', () => {
  it.each([
    ['no entries', []],
    ['one entry', [entry('a', nord)]],
    ['one entry without an address', [entry('a')]],
    ['one entry that is read twice', [entry('a', nord), entry('a', nord)]],
    ['one entry that is read twice, with other addresses', [entry('a', nord), entry('a', sued)]],
    ['two entries with one address', [entry('a', nord), entry('b', nord)]],
    ['two entries that share one of several addresses', [entry('a', nord, west, phone), entry('b', sued, west)]],
    ['two entries with one number and nothing else', [entry('a', phone), entry('b', phone)]],
    ['two entries without addresses', [entry('a'), entry('b')]],
    ['an entry with an address and one without', [entry('a', nord), entry('b')]],
    ['an entry with an email address and one with the same number only', [entry('a', nord, phone), entry('b', phone)]],
    ['an entry with an email address and one with a number', [entry('a', nord), entry('b', phone)]],
    ['an entry without a person beside one with', [{ id: 'a', person: undefined }, entry('b', nord)]],
    ['three entries, the last of which joins the others', [entry('a', nord), entry('b', sued), entry('c', sued, nord)]],
    ['three entries in a row', [entry('a', nord), entry('b', nord, sued), entry('c', sued)]],
  ])('belongs to one person for %s', (_case, entries) => {
    expect(isDifferentPeople(entries)).toBe(false);
    expect(isDifferentPeople(entries.toReversed())).toBe(false);
  });

  it.each([
    ['two entries with nothing in common', [entry('a', nord), entry('b', sued)]],
    [
      'two entries with different email addresses, beside one without any',
      [entry('a', nord), entry('b', sued), entry('c')],
    ],
    ['two entries with a number each and nothing else', [entry('a', phone), entry('b', msisdn('492215551235'))]],
    [
      'two entries with other numbers, one with an email address',
      [entry('a', nord, phone), entry('b', msisdn('492215551235'))],
    ],
    ['two entries with one address and a third with another', [entry('a', nord), entry('b', nord), entry('c', sued)]],
    [
      'two entries with different email addresses and one phone number',
      [entry('a', nord, phone), entry('b', sued, phone)],
    ],
    ['three entries of which only two share an address', [entry('a', nord), entry('b', sued), entry('c', west, sued)]],
  ])('belongs to two people for %s', (_case, entries) => {
    expect(isDifferentPeople(entries)).toBe(true);
    expect(isDifferentPeople(entries.toReversed())).toBe(true);
  });
});

describe('the claims of an entry', () => {
  it('are one for each address', () => {
    expect(claimsOf(entry('a', nord, phone), new Set([bob]))).toEqual([
      { threepid: nord, mxid: alice },
      { threepid: phone, mxid: alice },
    ]);
  });

  it('are marked if two people share the user ID', () => {
    expect(claimsOf(entry('a', nord), new Set([alice]))).toEqual([{ threepid: nord, mxid: alice, isCollision: true }]);
  });

  it('do not exist without a person', () => {
    expect(claimsOf({ id: 'a', person: undefined }, new Set())).toEqual([]);
  });
});

describe('the keys of claims', () => {
  const claim = { threepid: nord, mxid: alice };

  it('are equal for equal claims', () => {
    expect(claimKey({ ...claim, threepid: { ...nord } })).toBe(claimKey(claim));
  });

  it.each([
    ['the user', { ...claim, mxid: bob }],
    ['the address', { ...claim, threepid: sued }],
    ['the medium', { ...claim, threepid: { ...nord, medium: 'msisdn' as const } }],
    ['the alias', { ...claim, threepid: { ...nord, alias: 'edison@nörd.example.org' } }],
    ['the mark of a collision', { ...claim, isCollision: true as const }],
    ['the homeserver of the user', { ...claim, mxid: `${alice}:8448` as Mxid }],
  ])('differ if %s differs', (_case, other) => {
    expect(claimKey(other)).not.toBe(claimKey(claim));
  });
});
