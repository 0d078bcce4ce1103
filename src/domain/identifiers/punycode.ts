import { isAscii } from './ascii.js';

/*
 * Converts internationalised domain names to and from their DNS form. RFC 3492, with the parameters of section 5; RFC
 * 5890, 2.3.2.1. No mapping tables are needed: the input is already in lower case.
 */

const [BASE, TMIN, TMAX, SKEW, DAMP, FIRST_BIAS, FIRST] = [36, 1, 26, 38, 700, 72, 128];
/** Of labels in DNS form. */
export const PREFIX = 'xn--';
const LONGEST = 0x10ffff;

/** A domain with its labels in DNS form: `bücher.example` becomes `xn--bcher-kva.example`. */
export const asciiDomain = (domain: string): string =>
  domain
    .split('.')
    .map((label) => (isAscii(label) ? label : PREFIX + encode(label.normalize('NFC'))))
    .join('.');

/** The reverse conversion. Labels that are not valid DNS forms are not changed. */
export const unicodeDomain = (domain: string): string =>
  domain.includes(PREFIX) ? domain.split('.').map(unicodeLabel).join('.') : domain;

function unicodeLabel(label: string): string {
  if (!label.startsWith(PREFIX)) return label;
  const decoded = decode(label.slice(PREFIX.length));
  // If encoding the result gives another label, it is a different domain.
  return decoded !== undefined && !isAscii(decoded) && asciiDomain(decoded) === label ? decoded : label;
}

function encode(label: string): string {
  const points = Array.from(label, (character) => character.codePointAt(0) ?? 0);
  const basic = points.filter((point) => point < FIRST);
  let output = String.fromCodePoint(...basic) + (basic.length > 0 ? '-' : '');
  let [n, delta, bias, handled] = [FIRST, 0, FIRST_BIAS, basic.length];
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= n));
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of points) {
      if (point < n) delta += 1;
      if (point !== n) continue;
      output += variableLength(delta, bias);
      bias = adapted(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled += 1;
    }
    delta += 1;
    n += 1;
  }
  return output;
}

function variableLength(value: number, bias: number): string {
  let [output, rest] = ['', value];
  for (let k = BASE; ; k += BASE) {
    const threshold = thresholdAt(k, bias);
    if (rest < threshold) return output + digit(rest);
    output += digit(threshold + ((rest - threshold) % (BASE - threshold)));
    rest = Math.floor((rest - threshold) / (BASE - threshold));
  }
}

function decode(text: string): string | undefined {
  const delimiter = text.lastIndexOf('-');
  const points = Array.from(text.slice(0, Math.max(delimiter, 0)), (character) => character.charCodeAt(0));
  let [n, i, bias] = [FIRST, 0, FIRST_BIAS];
  for (let at = delimiter + 1; at < text.length; ) {
    const before = i;
    for (let [k, weight] = [BASE, 1]; ; k += BASE) {
      const value = '0123456789'.includes(text.charAt(at)) ? Number(text[at]) + 26 : text.charCodeAt(at) - 97;
      if (at++ >= text.length || !(value >= 0 && value < BASE) || i > LONGEST * LONGEST) return undefined;
      i += value * weight;
      const threshold = thresholdAt(k, bias);
      if (value < threshold) break;
      weight *= BASE - threshold;
    }
    bias = adapted(i - before, points.length + 1, before === 0);
    n += Math.floor(i / (points.length + 1));
    if (n > LONGEST) return undefined;
    i %= points.length + 1;
    points.splice(i, 0, n);
    i += 1;
  }
  return String.fromCodePoint(...points);
}

const thresholdAt = (k: number, bias: number): number => Math.min(Math.max(k - bias, TMIN), TMAX);

const digit = (value: number): string => String.fromCharCode(value < 26 ? value + 97 : value + 22);

function adapted(delta: number, points: number, isFirst: boolean): number {
  let rest = Math.floor(delta / (isFirst ? DAMP : 2));
  rest += Math.floor(rest / points);
  let k = 0;
  for (; rest > ((BASE - TMIN) * TMAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - TMIN));
  return k + Math.floor(((BASE - TMIN + 1) * rest) / (rest + SKEW));
}
