import { foldCase } from './case-folding.js';
import { asciiDomain, unicodeDomain } from './punycode.js';
import { otherReading } from './renumbering.js';
import type { Threepid } from './threepid.js';

/**
 * Every text by which clients may hash a threepid, its own first: an email address folded and merely lower-cased, its domain as
 * people write it and as the DNS has it. A phone number of a country that renumbered is read by older tables
 * in another way.
 */
export function spellingsOf({ medium, address, alias }: Threepid): readonly string[] {
  if (medium !== 'email') return readingsOf(address);
  const written = alias === undefined ? [address] : [address, alias];
  return [
    ...new Set(written.flatMap((text) => [text, withDomain(text, asciiDomain), withDomain(text, readableDomain)])),
  ];
}

/** Those, and what they may have been before they were folded: how a source that compares its own way may have an address. */
export function searchSpellings(threepid: Threepid): readonly string[] {
  if (threepid.medium !== 'email') return readingsOf(threepid.address);
  const unfolded = MULTIPLE.map(([folded, letter]) => threepid.address.replaceAll(folded, letter));
  const finalSigma = threepid.address.replace(/σ(?![\p{L}\p{M}])/gu, 'ς');
  return [
    ...new Set([
      ...spellingsOf(threepid),
      ...[...unfolded, finalSigma].flatMap((text) => [text, withDomain(text, asciiDomain)]),
    ]),
  ];
}

/** Letters that are more than one when folded, of those that stand in addresses. */
const MULTIPLE = [['ss', 'ß']] as const;

function readingsOf(digits: string): readonly string[] {
  const other = otherReading(digits);
  return other === undefined ? [digits] : [digits, other];
}

function withDomain(address: string, spelled: (domain: string) => string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${spelled(address.slice(at + 1))}`;
}

/** As people write it, unless that would be folded to the domain of somebody else. */
function readableDomain(domain: string): string {
  const readable = unicodeDomain(domain);
  return foldCase(readable) === readable ? readable : domain;
}
