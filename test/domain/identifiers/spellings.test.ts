import { domainToASCII, domainToUnicode } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lookupHash, lookupHashes } from '../../../src/domain/identifiers/lookup-hash.js';
import { asciiDomain, unicodeDomain } from '../../../src/domain/identifiers/punycode.js';
import { searchSpellings, spellingsOf } from '../../../src/domain/identifiers/spellings.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';

describe('a domain in another alphabet', () => {
  it.each([
    'bücher.example',
    '例え.jp',
    'пример.рф',
    'मानक.example',
    'a.faß.example',
    '😀.example',
    'ünïcödé-älso.example',
  ])('%s is converted to punycode and back as Node does it', (domain) => {
    expect(asciiDomain(domain)).toBe(domainToASCII(domain));
    expect(unicodeDomain(asciiDomain(domain))).toBe(domain);
    expect(domainToUnicode(asciiDomain(domain))).toBe(domain);
  });

  it.each(['xn--', 'xn--99999999999', 'xn--example-', 'xn--bcher-kva-', 'example.org'])(
    '%s, which is not one, is not converted',
    (domain) => {
      expect(unicodeDomain(domain)).toBe(domain);
    },
  );
});

describe('an address', () => {
  it('with a punycode domain is also hashed with the domain in Unicode, unless that folds to another domain', () => {
    expect(spellingsOf(email('info@xn--bcher-kva.example'))).toEqual([
      'info@xn--bcher-kva.example',
      'info@bücher.example',
    ]);
    expect(spellingsOf(email('info@xn--strae-oqa.example'))).toEqual(['info@xn--strae-oqa.example']);
  });

  it.each([
    ['525512345678', '5215512345678'],
    ['2290197123456', '22997123456'],
    ['576012345678', '5712345678'],
  ])('of a country that renumbered, %s, is also hashed in the form of older tables: %s', (current, former) => {
    expect(spellingsOf(msisdn(current))).toEqual([current, former]);
    expect(spellingsOf(msisdn(former))).toEqual([former, current]);
    expect(lookupHashes(msisdn(current), 'pepper')).toContain(lookupHash(msisdn(former), 'pepper'));
  });

  it.each(['492215551234', '5213312345', '573101234567', '2290212345', '57601234567'])(
    'that only resembles such a number, %s, has one spelling',
    (digits) => expect(spellingsOf(msisdn(digits))).toEqual([digits]),
  );

  it('of plain ASCII is spelled in one way, and searched in others only where letters may have been folded', () => {
    expect(spellingsOf(email('Anna@Example.org'))).toEqual(['anna@example.org']);
    expect(searchSpellings(email('Anna@Example.org'))).toEqual(['anna@example.org']);
    expect(searchSpellings(email('anna@strasse.example'))).toContain('anna@straße.example');
    expect(searchSpellings(email('a.gross@xn--bcher-kva.example'))).toContain('a.groß@xn--bcher-kva.example');
  });

  it('has a hash for each of its spellings (LOOK-13)', () => {
    const hash = (address: string) => lookupHash({ medium: 'email', address }, 'pepper');
    expect(new Set(lookupHashes(email('strauß@bücher.example'), 'pepper'))).toEqual(
      new Set(
        [
          'strauss@bücher.example',
          'strauß@bücher.example',
          'strauss@xn--bcher-kva.example',
          'strauß@xn--bcher-kva.example',
        ].map(hash),
      ),
    );
    expect(spellingsOf(email('anna@example.org'))).toEqual(['anna@example.org']);
    expect(spellingsOf(msisdn('492215551234'))).toEqual(['492215551234']);
  });

  it('is searched in each spelling that folds to it', () => {
    expect(searchSpellings(email('strauss@example.org'))).toEqual(['strauss@example.org', 'strauß@example.org']);
    expect(searchSpellings(email('γιωργοσ@example.org'))).toContain('γιωργος@example.org');
  });
});
