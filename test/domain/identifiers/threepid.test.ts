import { describe, expect, it } from 'vitest';
import { DomainError } from '../../../src/domain/shared/errors.js';
import {
  email,
  keyOf,
  msisdn,
  redact,
  sameThreepid,
  threepid,
  tryThreepid,
} from '../../../src/domain/identifiers/threepid.js';
import { vectors } from '../../support/vectors.js';

describe('an email address', () => {
  it.each(vectors.email_normalisation.vectors)(
    '$input is $casefolded (EM-1)',
    ({ input, casefolded, to_lower_case }) => {
      const alias = to_lower_case === casefolded ? {} : { alias: to_lower_case };
      expect(email(input)).toEqual({ medium: 'email', address: casefolded, ...alias });
    },
  );

  it.each([
    'a@b',
    'alice@example.org',
    "!#$%&'*+-/=?^_`{|}~.x@example.org",
    'jürgen@bücher.example',
    'alice@xn--bcher-kva.example',
    '用户@例え.jp',
    'a.b.@example.org',
    'a@1--2.example-a.org',
    `a@${'b'.repeat(63)}`,
    `${'a'.repeat(64)}@${'b'.repeat(63)}.example.org`,
  ])('may be %s', (text) => {
    expect(email(text)).toMatchObject({ medium: 'email', address: text });
  });

  it.each([
    ['nothing', ''],
    ['no @', 'alice'],
    ['two @', 'a@b@c'],
    ['nothing before the @', '@example.org'],
    ['nothing after the @', 'alice@'],
    ['a display name', 'Alice <alice@example.org>'],
    ['a scheme', 'mailto:alice@example.org'],
    ['a blank', 'ali ce@example.org'],
    ['a blank before it', ' alice@example.org'],
    ['a line break', 'alice@example.org\nBcc: bob@example.org'],
    ['a NUL', 'alice\0@example.org'],
    ['two addresses', 'alice@example.org,bob@example.org'],
    ['two addresses, the first in a local part', 'alice,bob@example.org'],
    ['a quoted local part', '"alice"@example.org'],
    ['an address literal', 'alice@[127.0.0.1]'],
    ['an empty label', 'alice@example..org'],
    ['a hyphen at the edge', 'alice@-example.org'],
    ['a hyphen before a dot', 'alice@example-.org'],
    ['a dot at the end', 'alice@example.org.'],
    ['an underscore in its domain', 'alice@ex_ample.org'],
    ['a label of 64 at the end', `a@${'b'.repeat(64)}`],
    ['a hidden character', 'ali\u200bce@example.org'],
    ['a character that changes the direction of the text', 'alice@\u202eexample.org'],
    ['a lone surrogate', 'alice\ud83d@example.org'],
    ['a label of 64', `alice@${'b'.repeat(64)}.org`],
    ['more than 320 bytes', `${'a'.repeat(310)}@example.org`],
  ])('may not have %s (EM-6)', (_case, text) => {
    expect(() => email(text)).toThrow(expect.objectContaining({ code: 'invalid_email' }));
  });
});

describe('a phone number', () => {
  it.each(vectors.msisdn.valid)('may be %s (MS-1)', (digits) => {
    expect(msisdn(digits)).toEqual({ medium: 'msisdn', address: digits });
  });

  it.each([...vectors.msisdn.invalid, '123456', '1234567890123456', '12345678\n', '١٢٣٤٥٦٧٨', '1234567.8'])(
    'may not be %j',
    (digits) => {
      expect(() => msisdn(digits)).toThrow(expect.objectContaining({ code: 'invalid_address' }));
    },
  );
});

describe('a threepid', () => {
  it('consists of medium and address', () => {
    expect(threepid('email', 'Alice@Example.org')).toEqual(email('alice@example.org'));
    expect(threepid('msisdn', '18005552067')).toEqual(msisdn('18005552067'));
  });

  it.each([
    ['xmpp', 'alice@example.org', 'medium_unsupported'],
    ['Email', 'alice@example.org', 'medium_unsupported'],
    ['', '', 'medium_unsupported'],
    ['email', 'alice', 'invalid_email'],
    ['msisdn', '+18005552067', 'invalid_address'],
  ])('of %j and %j is refused (ID-4)', (medium, address, code) => {
    expect(() => threepid(medium, address)).toThrow(DomainError);
    expect(() => threepid(medium, address)).toThrow(expect.objectContaining({ code }));
    expect(tryThreepid(medium, address)).toBeUndefined();
  });

  it('is the same whatever its spelling was', () => {
    const [first, other] = [email('STRAUSS@example.com'), email('Strauß@Example.com')];
    expect(sameThreepid(first, other)).toBe(true);
    expect(keyOf(first)).toBe(keyOf(other));
    expect(keyOf(first)).toBe('strauss@example.com email');
  });

  it('differs from the same address of another medium', () => {
    expect(sameThreepid(msisdn('18005552067'), { medium: 'email', address: '18005552067' })).toBe(false);
  });

  it.each([
    [email('alice@example.org'), 'a...@exa...'],
    [email('alice.meier@example.org'), 'ali...@exa...'],
    [email('ab@cd'), 'a...@c...'],
    [email('a@b'), '...@...'],
    [email('😀😀😀😀😀😀@example.org'), '😀😀😀...@exa...'],
    [msisdn('492215551234'), '...34'],
  ])('%o is shown to others as %s', (shown, text) => {
    expect(redact(shown)).toBe(text);
  });
});
