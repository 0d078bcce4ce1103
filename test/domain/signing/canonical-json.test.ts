import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, signedPart, type Json, type JsonObject } from '../../../src/domain/signing/canonical-json.js';
import { anyText } from '../../support/any-text.js';
import { vectors } from '../../support/vectors.js';

const parse = (text: string) => JSON.parse(text) as Json;

describe('canonical JSON', () => {
  it.each(vectors.canonical_json.vectors)('of $input_json is $canonical (SJ-1, SJ-2)', ({ input_json, canonical }) => {
    expect(canonicalJson(parse(input_json))).toBe(canonical);
    expect(canonicalJson(parse(canonical))).toBe(canonical);
  });

  it.each(vectors.canonical_json.must_be_refused.input_json)('does not exist for %s', (text) => {
    expect(() => canonicalJson(parse(text))).toThrow(TypeError);
  });

  it('sorts keys as the bytes of UTF-8 are sorted (SJ-1)', () => {
    const key = anyText(4);
    fc.assert(
      fc.property(fc.uniqueArray(key), (keys) => {
        const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const written = canonicalJson(Object.fromEntries(keys.map((name) => [name, 1])));
        expect(written).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:1`).join(',')}}`);
      }),
    );
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['undefined in an object', { a: undefined }],
    ['undefined in a list', [undefined]],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a symbol', Symbol('s')],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a lone surrogate', '\ud83d'],
    ['a lone surrogate in a key', { '\ude00': 1 }],
  ])('does not exist for %s', (_case, value) => {
    expect(() => canonicalJson(value as Json)).toThrow(TypeError);
  });

  it('does not appear in the error for a refused value', () => {
    expect(() => canonicalJson({ secret: 's3cret\ud83d' })).toThrow(/^(?!.*s3cret)/);
  });
});

describe('the signed part of an object', () => {
  it.each<[string, JsonObject, string]>([
    ['leaves out `signatures` and `unsigned` (SJ-3)', { b: 1, signatures: { a: {} }, unsigned: { c: 1 } }, '{"b":1}'],
    [
      'leaves them out only at the top level',
      { a: { signatures: 1, unsigned: 2 } },
      '{"a":{"signatures":1,"unsigned":2}}',
    ],
    ['may be empty', { signatures: {} }, '{}'],
  ])('%s', (_case, object, text) => {
    expect(signedPart(object)).toBe(text);
  });

  it('keeps keys that JavaScript treats as special (SJ-5)', () => {
    expect(signedPart(JSON.parse('{"__proto__":{"a":1},"signatures":{}}') as JsonObject)).toBe('{"__proto__":{"a":1}}');
  });

  it('does not change the object', () => {
    const object = { a: 1, signatures: {}, unsigned: {} };
    signedPart(object);
    expect(object).toEqual({ a: 1, signatures: {}, unsigned: {} });
  });
});
