import { describe, expect, it } from 'vitest';
import { applyModifier, parseTemplate, placeholdersOf } from '../../../src/adapters/ldap/mapping/localpart-template.js';

describe('a template for localparts', () => {
  it('consists of text and attributes', () => {
    const unmodified = { modifier: 'whole', domain: '' };
    expect(parseTemplate('{uid}')).toEqual([{ attribute: 'uid', ...unmodified }]);
    expect(parseTemplate('u{uid}.{sn;lang-de}x')).toEqual([
      'u',
      { attribute: 'uid', ...unmodified },
      '.',
      { attribute: 'sn;lang-de', ...unmodified },
      'x',
    ]);
  });

  it.each([
    ['{uid}', 'anna@example.org', 'anna@example.org'],
    ['{mail|before-at}', 'anna@example.org', 'anna'],
    ['{mail|before-at}', 'anna', 'anna'],
    ['{mail|before-at}', 'a@b@c', 'a'],
    ['{upn|default-domain:example.org}', 'anna@example.org', 'anna'],
    ['{upn|default-domain:example.org}', 'anna@EXAMPLE.org', 'anna'],
    ['{upn|default-domain:example.org}', 'anna@emea.example.org', 'anna/emea.example.org'],
    ['{upn|default-domain:example.org}', 'anna', 'anna'],
    ['{mail|before-at}', '@example.org', ''],
    ['{upn|default-domain:example.org}', '@emea.example.org', ''],
  ])('in the form %s makes of %s the localpart %s', (template, value, localpart) => {
    const [placeholder] = placeholdersOf(parseTemplate(template));
    expect(placeholder && applyModifier(placeholder, value)).toBe(localpart);
  });

  it.each([
    ['uid', 'contains no attribute'],
    ['', 'contains no attribute'],
    ['{}', 'is not an attribute name'],
    ['{u id}', 'is not an attribute name'],
    ['{uid', 'a brace is missing'],
    ['uid}', 'a brace is missing'],
    ['{{uid}}', 'a brace is missing'],
    ['{uid|upper}', 'should be {uid}, {uid|before-at}'],
    ['{uid|before-at:x}', 'should be {uid}'],
    ['{uid|default-domain}', 'should be {uid}'],
    ['{uid|default-domain:}', 'should be {uid}'],
    ['{uid|before-at|before-at}', 'too many parts'],
    ['@{uid}:example.org', '"@" is not allowed in user names'],
    ['{uid}:example.org', '":" is not allowed in user names'],
    ['{givenName} {sn}', '" " is not allowed in user names'],
    ['gäste.{uid}', '"ä" is not allowed in user names'],
  ])('is refused: %j', (template, problem) => {
    expect(() => parseTemplate(template)).toThrow(problem);
  });
});
