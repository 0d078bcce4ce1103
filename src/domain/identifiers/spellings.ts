import { isAscii } from './ascii.js';
import { foldCase } from './case-folding.js';
import { asciiDomain, PREFIX, unicodeDomain } from './punycode.js';
import { otherReading } from './renumbering.js';
import type { Threepid } from './threepid.js';

/**
 * Every text that clients may hash for a threepid, its own address first: an email address folded or only lower-cased,
 * with its domain in Unicode form or in DNS form; a phone number of a country that changed its numbering plan also in
 * the other form.
 */
export function spellingsOf({ medium, address, alias }: Threepid): readonly string[] {
  if (medium !== 'email') return readingsOf(address);
  if (alias === undefined && hasOneForm(address)) return [address];
  const written = alias === undefined ? [address] : [address, alias];
  return [
    ...new Set(written.flatMap((text) => [text, withDomain(text, asciiDomain), withDomain(text, readableDomain)])),
  ];
}

/** Most addresses: the domain is the same in Unicode and in DNS form. */
const hasOneForm = (address: string): boolean => isAscii(address) && !address.includes(PREFIX);

/** The same, and possible forms before folding: how a source with its own rules for comparison may store an address. */
export function searchSpellings(threepid: Threepid): readonly string[] {
  if (threepid.medium !== 'email') return readingsOf(threepid.address);
  if (hasOneForm(threepid.address) && !FOLDED.test(threepid.address)) return spellingsOf(threepid);
  const unfolded = MULTIPLE.map(([folded, letter]) => threepid.address.replaceAll(folded, letter));
  const finalSigma = threepid.address.replace(/σ(?![\p{L}\p{M}])/gu, 'ς');
  return [
    ...new Set([
      ...spellingsOf(threepid),
      ...[...unfolded, finalSigma].flatMap((text) => [text, withDomain(text, asciiDomain)]),
    ]),
  ];
}

/** Letters in addresses that fold to several letters. */
const MULTIPLE = [['ss', 'ß']] as const;
const FOLDED = new RegExp(MULTIPLE.map(([folded]) => folded).join('|'));

function readingsOf(digits: string): readonly string[] {
  const other = otherReading(digits);
  return other === undefined ? [digits] : [digits, other];
}

function withDomain(address: string, spelled: (domain: string) => string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${spelled(address.slice(at + 1))}`;
}

/** The Unicode form, unless folding would turn it into a different domain. */
function readableDomain(domain: string): string {
  const readable = unicodeDomain(domain);
  return foldCase(readable) === readable ? readable : domain;
}
