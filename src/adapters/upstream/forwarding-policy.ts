import { domainToASCII, domainToUnicode } from 'node:url';
import { foldCase } from '../../domain/identifiers/case-folding.js';
import { homeserverOf, parseMxid } from '../../domain/identifiers/mxid.js';
import type { Medium, Threepid } from '../../domain/identifiers/threepid.js';

/** What another identity server may be asked. */
export interface ForwardOptions {
  readonly media: readonly Medium[];
  /** The only mail domains, `example.org`, or `*.example.org` for everything below it; absent: all. */
  readonly domains?: readonly string[] | undefined;
  /** Mail domains that are not forwarded, whatever `domains` says. */
  readonly exceptDomains?: readonly string[] | undefined;
}

/** Why a threepid is not forwarded, for the operator; `undefined` if it may be. */
export function forwarding({ media, domains, exceptDomains = [] }: ForwardOptions) {
  const [isListed, isExcepted] = [domains && domainMatcher(domains), domainMatcher(exceptDomains)];
  return ({ medium, address }: Threepid): string | undefined => {
    if (!media.includes(medium)) return `forward.media does not name ${medium}`;
    if (medium !== 'email') return undefined;
    const domain = comparable(address.slice(address.indexOf('@') + 1));
    if (isExcepted(domain)) return 'forward.exceptDomains names its mail domain';
    if (isListed && !isListed(domain)) return 'forward.domains does not name its mail domain';
    return undefined;
  };
}

/** Whether an answer may name this user; what is no user ID is not judged. */
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
 * One spelling of all that name the same domain to us. Addresses are folded before anybody asks, so
 * that `straße.example` is `strasse.example` here as well.
 */
function comparable(domain: string): string {
  const folded = foldCase(domainToUnicode(domain) || domain);
  return domainToASCII(folded) || folded;
}
