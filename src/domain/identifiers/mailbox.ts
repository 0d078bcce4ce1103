import { domainToASCII } from 'node:url';
import { DomainError } from '../shared/errors.js';
import { foldCase } from './case-folding.js';
import { spellingsOf } from './spellings.js';
import { email, keyOf, type Threepid, tryThreepid } from './threepid.js';

const OTHER_DOMAIN =
  'Matrix ignores the case of letters in email addresses. With its letters folded, this address has a different domain, which belongs to somebody else';
const NO_DOMAIN = 'The domain of this email address cannot receive mail';

/**
 * Parses an email address that will receive mail. Its identity is the folded address, as everywhere; so folding must
 * not change the domain to which the mail is sent: `weiß.example` is not `weiss.example`. Domains are compared in their
 * DNS form, by UTS 46 without transitional processing.
 *
 * @throws DomainError `invalid_email`, with the reason if folding changes the domain
 */
export function mailbox(text: string): Threepid {
  const threepid = email(text);
  // Versions of UTS 46 before 15.1 map the capital letter to `ss`. Replaced here, so that the result does not depend on
  // the runtime.
  const given = asciiDomain(partsOf(text).domain.replaceAll('\u1e9e', 'ß'));
  if (given === undefined) throw new DomainError('invalid_email', { message: NO_DOMAIN });
  if (given !== asciiDomain(partsOf(threepid.address).domain)) {
    throw new DomainError('invalid_email', { message: OTHER_DOMAIN });
  }
  return threepid;
}

/** The address for sending mail: with the domain in its DNS form. */
export function mailAddress(address: string): string {
  const { localPart, domain } = partsOf(address);
  return `${localPart}@${asciiDomain(domain) ?? domain}`;
}

/**
 * One text for all spellings of a mailbox: the domain in its DNS form, the local part in the Unicode compatibility form
 * (NFKC), which is the same for full-width letters, NFC and NFD. Used for rate limits; never an identity. For a phone
 * number, the number itself.
 */
export function mailboxKey({ medium, address }: Threepid): string {
  if (medium !== 'email') return address;
  const { localPart, domain } = partsOf(address);
  const letters = foldCase(localPart.normalize('NFKC')).normalize('NFKC');
  return `${letters}@${asciiDomain(domain) ?? domain}`;
}

/**
 * The same for bindings, which distinguish more mailboxes: the mail server decides which local parts are equal, and the
 * owner of `ａnna@` must not take over the bindings of `anna@`. Only Unicode forms of the same letter (NFC, NFD) are
 * equal.
 */
export function bindingKey({ medium, address }: Threepid): string {
  if (medium !== 'email') return address;
  const { localPart, domain } = partsOf(address);
  return `${localPart.normalize('NFC')}@${asciiDomain(domain) ?? domain}`;
}

/**
 * The address itself, followed by the same mailbox with its domain in DNS form and in Unicode form, if these are
 * different addresses.
 */
export function mailboxSpellings(threepid: Threepid): readonly Threepid[] {
  const { medium } = threepid;
  const asInDns = tryThreepid(medium, bindingKey(threepid)) ?? threepid;
  const texts = [threepid, asInDns].flatMap((spelling) => spellingsOf(spelling));
  const spellings = texts.flatMap((text) => tryThreepid(medium, text) ?? []);
  return [...new Map([threepid, ...spellings].map((spelling) => [keyOf(spelling), spelling])).values()];
}

function partsOf(address: string): { readonly localPart: string; readonly domain: string } {
  const at = address.indexOf('@');
  return { localPart: address.slice(0, at), domain: address.slice(at + 1) };
}

/** `undefined` if it is not a domain. The URL parser, which accepts more kinds of hosts, is only used if necessary. */
function asciiDomain(domain: string): string | undefined {
  const isPlain = /^[\x21-\x7e]*$/.test(domain) && !/(?:^|\.)xn--/i.test(domain);
  return isPlain ? domain.toLowerCase() : domainToASCII(domain) || undefined;
}
