import { type Mxid, parseMxid } from './mxid.js';

/** `matrix:u/anna:example.org`, and `matrix:user/…` as German health directories wrote it until 2025. RFC 3986 inside: percent-encoded. */
const URI = /^matrix:(?:\/\/[^/?#]*\/)?(?:u|user)\/([^?#]+)/i;
const LINK = /^(?:https?:\/\/)?matrix\.to\/#\/([^?]+)/i;

/**
 * A Matrix user ID as people and directories write it: the ID itself, a `matrix:` URI, or a `matrix.to` link. `undefined` for
 * everything else, links to rooms among it. Spec: appendix "URIs".
 */
export function readMxid(text: string): Mxid | undefined {
  const written = text.trim();
  if (written.startsWith('@')) return parseMxid(written);
  const [, encoded] = URI.exec(written) ?? LINK.exec(written) ?? [];
  const decoded = encoded === undefined ? undefined : percentDecoded(encoded.replace(/\/$/, ''));
  if (decoded === undefined) return undefined;
  return parseMxid(URI.test(written) && !decoded.startsWith('@') ? `@${decoded}` : decoded);
}

/** What is wanted where `readMxid` reads nothing. */
export const MXID_FORMS = 'write @anna:example.org, matrix:u/anna:example.org or https://matrix.to/#/@anna:example.org';

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
