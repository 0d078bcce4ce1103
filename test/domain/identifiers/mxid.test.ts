import { describe, expect, it } from 'vitest';
import { composeMxid, homeserverOf, localpartOf, parseMxid, type Mxid } from '../../../src/domain/identifiers/mxid.js';
import { vectors } from '../../support/vectors.js';

describe('a Matrix user ID', () => {
  it.each([...vectors.user_ids.valid.values, ...vectors.user_ids.historical_must_be_accepted.values])(
    'may be %s (ID-1)',
    (text) => {
      expect(parseMxid(text)).toBe(text);
    },
  );

  it.each(vectors.user_ids.invalid.values)('may not be %s', (text) => {
    expect(parseMxid(text)).toBeUndefined();
  });

  it.each([
    ['an empty localpart, as there once were', '@:example.org'],
    ['255 bytes', `@${'a'.repeat(242)}:example.org`],
  ])('may have %s', (_case, text) => {
    expect(parseMxid(text)).toBe(text);
  });

  it.each([
    ['256 bytes', `@${'a'.repeat(243)}:example.org`],
    ['255 characters of two bytes', `@${'ä'.repeat(242)}:example.org`],
    ['a NUL', '@a\0b:example.org'],
    ['an escape', '@\u001b[2Jroot:example.org'],
    ['a line break', '@a\nadmin:example.org'],
    ['a control character of ISO 8859', '@\u009b31m:example.org'],
    ['a separator of lines', '@a\u2028b:example.org'],
    ['a character that changes the direction of the text', '@a\u202eb:example.org'],
    ['a lone surrogate', '@a\ud83d:example.org'],
    ['an invalid server name', '@alice:exa mple.org'],
    ['blanks around it', ' @alice:example.org'],
  ])('may not have %s', (_case, text) => {
    expect(parseMxid(text)).toBeUndefined();
  });

  it.each([
    ['@alice:example.org', 'example.org'],
    ['@alice:example.org:8448', 'example.org:8448'],
    ['@alice:[::1]:8448', '[::1]:8448'],
  ] as const)('%s is of the homeserver %s', (mxid: Mxid, homeserver) => {
    expect(homeserverOf(mxid)).toBe(homeserver);
  });
});

describe('the localpart that a homeserver makes of a user name', () => {
  it.each([
    ['Anna.Meier', 'anna.meier'],
    ['bächli', 'b=c3=a4chli'],
    ['Ärger', '=c3=84rger'],
    ['Dave Smith', 'dave=20smith'],
    ['a=b', 'a=3db'],
    ['_svc', '=5fsvc'],
    ['a_b', 'a_b'],
    ['anna@example.org', 'anna=40example.org'],
    ['10452', '10452'],
    ['a/b+c-d.e', 'a/b+c-d.e'],
    ['😀', '=f0=9f=98=80'],
    ['İ', '=c4=b0'],
    ['\u212a', '=e2=84=aa'],
    ['a\nb', 'a=0ab'],
    ['', ''],
  ])('of %s is %s', (username, localpart) => {
    expect(localpartOf(username)).toBe(localpart);
  });

  it('is always valid in a new user ID, unless it is empty', () => {
    for (let code = 1; code < 0x3000; code++) {
      const localpart = localpartOf(String.fromCodePoint(code));
      expect(composeMxid(localpart, 'example.org')).toBe(`@${localpart}:example.org`);
    }
  });
});

describe('a user ID made of a localpart and a homeserver', () => {
  it.each([
    ['an empty localpart', '', 'example.org'],
    ['upper case', 'Alice', 'example.org'],
    ['an umlaut', 'bächli', 'example.org'],
    ['a blank', 'a b', 'example.org'],
    ['a colon', 'a:b', 'example.org'],
    ['a line break at the end', 'alice\n', 'example.org'],
    ['an invalid homeserver', 'alice', 'https://example.org'],
    ['no homeserver', 'alice', ''],
    ['more than 255 bytes', 'a'.repeat(243), 'example.org'],
  ])('cannot be made with %s', (_case, localpart, homeserver) => {
    expect(composeMxid(localpart, homeserver)).toBeUndefined();
  });
});
