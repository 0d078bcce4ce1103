import { domainToASCII } from 'node:url';
import { DomainError } from '../shared/errors.js';
import { foldCase } from './case-folding.js';
import { spellingsOf } from './spellings.js';
import { email, keyOf, type Threepid, tryThreepid } from './threepid.js';

const OTHER_DOMAIN =
  'Matrix compares email addresses with their letters folded, and folded, this one names another domain, whose mail is read by somebody else';
const NO_DOMAIN = 'The domain of this email address cannot receive mail';

/**
 * An email address that something is to be mailed to. Its identity is the folded one, as everywhere; so
 * the domain that mail is sent to must be the one that was given: `weiß.example` is not
 * `weiss.example`. Domains are compared as the DNS has them, by UTS 46 without transitional processing.
 *
 * @throws DomainError `invalid_email`, for another domain with the reason
 */
export function mailbox(text: string): Threepid {
  const threepid = email(text);
  // Versions of UTS 46 before 15.1 read the capital letter as two, whatever the runtime has.
  const given = asciiDomain(partsOf(text).domain.replaceAll('\u1e9e', 'ß'));
  if (given === undefined) throw new DomainError('invalid_email', { message: NO_DOMAIN });
  if (given !== asciiDomain(partsOf(threepid.address).domain)) {
    throw new DomainError('invalid_email', { message: OTHER_DOMAIN });
  }
  return threepid;
}

/** How mail is addressed: with the domain in the form in which the DNS has it. */
export function mailAddress(address: string): string {
  const { localPart, domain } = partsOf(address);
  return `${localPart}@${asciiDomain(domain) ?? domain}`;
}

/**
 * One text for all spellings that reach one mailbox: the domain as the DNS has it, the rest in the
 * compatibility form of Unicode (NFKC), which is the same for full-width letters, NFC and NFD. What
 * limits count; never an identity. Of a phone number it is the number.
 */
export function mailboxKey({ medium, address }: Threepid): string {
  if (medium !== 'email') return address;
  const { localPart, domain } = partsOf(address);
  const letters = foldCase(localPart.normalize('NFKC')).normalize('NFKC');
  return `${letters}@${asciiDomain(domain) ?? domain}`;
}

/**
 * The same, as bindings tell mailboxes apart: letters of the part before the `@` are the mail server's to judge, and whoever
 * has `ａnna@` must not take what `anna@` has bound. Only forms of one letter (NFC, NFD) are one.
 */
export function bindingKey({ medium, address }: Threepid): string {
  if (medium !== 'email') return address;
  const { localPart, domain } = partsOf(address);
  return `${localPart.normalize('NFC')}@${asciiDomain(domain) ?? domain}`;
}

/** The address first, and the same mailbox with its domain as the DNS has it and as people write it, where that is an address of its own. */
export function mailboxSpellings(threepid: Threepid): readonly Threepid[] {
  const { medium } = threepid;
  const asInDns = tryThreepid(medium, bindingKey(threepid)) ?? threepid;
  const texts = [threepid, asInDns].flatMap((one) => spellingsOf(one));
  const spellings = texts.flatMap((text) => tryThreepid(medium, text) ?? []);
  return [...new Map([threepid, ...spellings].map((one) => [keyOf(one), one])).values()];
}

function partsOf(address: string): { readonly localPart: string; readonly domain: string } {
  const at = address.indexOf('@');
  return { localPart: address.slice(0, at), domain: address.slice(at + 1) };
}

/** `undefined` for what is no domain. Only what needs it goes through a parser that knows more kinds of hosts. */
function asciiDomain(domain: string): string | undefined {
  const isPlain = /^[\x21-\x7e]*$/.test(domain) && !/(?:^|\.)xn--/i.test(domain);
  return isPlain ? domain.toLowerCase() : domainToASCII(domain) || undefined;
}
