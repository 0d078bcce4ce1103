/** The values that canonical JSON supports. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * Canonical JSON: the shortest form, keys sorted by code point, integers only. Spec: appendix "Canonical JSON".
 *
 * @throws TypeError for unsupported values: fractions, integers beyond 2^53 - 1, lone surrogates, `undefined`
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`canonical JSON cannot contain the number ${value}`);
    return String(value === 0 ? 0 : value);
  }
  if (typeof value === 'string') return canonicalString(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`canonical JSON cannot contain a ${typeof value}`);
  const members = Object.entries(value).sort(([a], [b]) => compareCodePoints(a, b));
  return `{${members.map(([key, member]) => `${canonicalString(key)}:${canonicalJson(member)}`).join(',')}}`;
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('canonical JSON cannot contain lone surrogates');
  return JSON.stringify(text);
}

/** JavaScript sorts by UTF-16 unit, which puts U+1F600 before U+FF5E: surrogates must come last. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [unit, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (unit === other) continue;
    const isPair = isSurrogate(unit);
    return isPair === isSurrogate(other) ? unit - other : isPair ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** The signed part of an object: all but its signatures and the unsigned part. Spec: "Signing JSON". */
export function signedPart(object: JsonObject): string {
  const { signatures: _signatures, unsigned: _unsigned, ...rest } = object;
  return canonicalJson(rest);
}
