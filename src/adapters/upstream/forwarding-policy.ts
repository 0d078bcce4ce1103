import { domainToASCII, domainToUnicode } from 'node:url';
import { foldCase } from '../../domain/identifiers/case-folding.js';
import { homeserverOf, parseMxid } from '../../domain/identifiers/mxid.js';
import type { Medium, Threepid } from '../../domain/identifiers/threepid.js';

/** Which questions may be forwarded to another identity server. */
export interface ForwardOptions {
  readonly media: readonly Medium[];
  /**
   * The only mail domains that are forwarded: `example.org`, or `*.example.org` for all its subdomains. Absent: all.
   */
  readonly domains?: readonly string[] | undefined;
  /** Mail domains that are never forwarded. Takes precedence over `domains`. */
  readonly exceptDomains?: readonly string[] | undefined;
}

/** The reason why a threepid is not forwarded, for the operator; `undefined` if it may be forwarded. */
export function forwarding({ media, domains, exceptDomains = [] }: ForwardOptions) {
  const [isListed, isExcepted] = [domains && domainMatcher(domains), domainMatcher(exceptDomains)];
  return ({ medium, address }: Threepid): string | undefined => {
    if (!media.includes(medium)) return `forward.media does not contain ${medium}`;
    if (medium !== 'email') return undefined;
    const domain = comparable(address.slice(address.indexOf('@') + 1));
    if (isExcepted(domain)) return 'forward.exceptDomains contains the mail domain';
    if (isListed && !isListed(domain)) return 'forward.domains does not contain the mail domain';
    return undefined;
  };
}

/** Whether an answer may name this user. Strings that are not user IDs are accepted here. */
export function namingOnly(homeservers: readonly string[] | undefined): (mxid: string) => boolean {
  if (!homeservers) return () => true;
  const allowed = new Set(homeservers);
  return (text) => {
    const mxid = parseMxid(text);
    return mxid === undefined || allowed.has(homeserverOf(mxid));
  };
}

function domainMatcher(patterns: readonly string[]): (domain: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.startsWith('*.')).map(comparable));
  const above = new Set(
    patterns.filter((pattern) => pattern.startsWith('*.')).map((pattern) => comparable(pattern.slice(2))),
  );
  return (domain) => {
    if (exact.has(domain)) return true;
    if (above.size === 0) return false;
    const labels = domain.split('.');
    return labels.some((_, at) => at > 0 && above.has(labels.slice(at).join('.')));
  };
}

/**
 * The canonical spelling of a domain for comparisons. Addresses are already folded at this point, so `straße.example`
 * and `strasse.example` are equal here as well.
 */
function comparable(domain: string): string {
  const folded = foldCase(domainToUnicode(domain) || domain);
  return domainToASCII(folded) || folded;
}
