import { describe, expect, it } from 'vitest';
import {
  bindingKey,
  mailAddress,
  mailbox,
  mailboxKey,
  mailboxSpellings,
} from '../../../src/domain/identifiers/mailbox.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';

describe('mailbox', () => {
  it.each(['a@weiß.example', 'a@Straße.example', 'a@WEIẞ.example', 'a@sub.weiß.example', 'a@ςας.example'])(
    'refuses %s, which folds to another domain, and says why',
    (text) => {
      expect(() => mailbox(text)).toThrow(/has a different domain/);
      expect(() => mailbox(text)).toThrow(expect.objectContaining({ code: 'invalid_email' }) as Error);
    },
  );

  it.each(['a@xn--zzzzzzzzzzzzz99999.example', 'a@xn--a.example'])('refuses %s, whose domain is invalid', (text) => {
    expect(() => mailbox(text)).toThrow(expect.objectContaining({ code: 'invalid_email' }) as Error);
  });

  it.each([
    ['Alice@Example.ORG', 'alice@example.org'],
    ['strauß@example.org', 'strauss@example.org'],
    ['a@BÜCHER.example', 'a@bücher.example'],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['a@xn--wei-7ka.example', 'a@xn--wei-7ka.example'],
    ['a@ｅxample.com', 'a@ｅxample.com'],
    ['a@ΣΑΣ.example', 'a@σασ.example'],
    ['a@localhost', 'a@localhost'],
  ])('accepts %s with the folded address %s as its identity (EM-1, LOOK-13)', (text, address) => {
    expect(mailbox(text)).toEqual(email(text));
    expect(mailbox(text).address).toBe(address);
  });

  it.each(['a', 'a@b@c', 'a@-'])('refuses %s like any invalid address', (text) => {
    expect(() => mailbox(text)).toThrow(expect.objectContaining({ code: 'invalid_email' }) as Error);
  });
});

describe('mailAddress', () => {
  it.each([
    ['a@bücher.example', 'a@xn--bcher-kva.example'],
    ['a@bu\u0308cher.example', 'a@xn--bcher-kva.example'],
    ['a@ｅxample.com', 'a@example.com'],
    ['jürgen@example.org', 'jürgen@example.org'],
    ['a@123', 'a@123'],
  ])('of %s has the domain as it is in the DNS', (address, mailed) => {
    expect(mailAddress(address)).toBe(mailed);
  });
});

describe('mailboxKey', () => {
  it.each([
    [
      'the width of letters in the domain',
      ['a@example.com', 'a@ｅxample.com', 'a@ｅｘａｍｐｌｅ.com', 'a@ⅇxample.com', 'a@𝐞xample.com'],
    ],
    [
      'Unicode or punycode in the domain',
      ['a@bücher.example', 'a@bu\u0308cher.example', 'a@xn--bcher-kva.example', 'a@XN--BCHER-KVA.example'],
    ],
    [
      'the form of letters in the local part',
      ['jürgen@example.org', 'ju\u0308rgen@example.org', 'JÜRGEN@example.org', 'ｊürgen@example.org'],
    ],
  ])('is the same for spellings that differ in %s', (_case, spellings) => {
    expect(new Set(spellings.map((text) => mailboxKey(email(text)))).size).toBe(1);
  });

  it('differs between mailboxes, and is the number itself for a phone number', () => {
    const keys = ['a@xn--wei-7ka.example', 'a@weiss.example', 'b@weiss.example', 'a+b@weiss.example'].map((text) =>
      mailboxKey(email(text)),
    );
    expect(new Set(keys).size).toBe(4);
    expect(mailboxKey(msisdn('492215551234'))).toBe('492215551234');
  });
});

describe('bindingKey', () => {
  it('is the same for spellings of a domain and forms of a letter, and differs for letters that a mail server may distinguish', () => {
    const spelled = ['jürgen@bücher.example', 'ju\u0308rgen@bu\u0308cher.example', 'JÜRGEN@xn--bcher-kva.example'];
    expect(new Set(spelled.map((text) => bindingKey(email(text)))).size).toBe(1);
    expect(bindingKey(email('ａnna@example.org'))).not.toBe(bindingKey(email('anna@example.org')));
    expect(bindingKey(msisdn('492215551234'))).toBe('492215551234');
  });
});

describe('mailboxSpellings', () => {
  it('are the address first, then the address with its domain in punycode and in Unicode', () => {
    const addresses = (text: string) => mailboxSpellings(email(text)).map(({ address }) => address);
    expect(addresses('a@bu\u0308cher.example')).toEqual([
      'a@bu\u0308cher.example',
      'a@xn--bcher-kva.example',
      'a@bücher.example',
    ]);
    expect(addresses('a@xn--bcher-kva.example')).toEqual(['a@xn--bcher-kva.example', 'a@bücher.example']);
    expect(addresses('a@ｅxample.org')).toContain('a@example.org');
    expect(addresses('a@example.org')).toEqual(['a@example.org']);
    expect(mailboxSpellings(msisdn('492215551234'))).toEqual([msisdn('492215551234')]);
  });
});
