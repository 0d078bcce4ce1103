import { type Mxid, parseMxid } from './mxid.js';

/**
 * `matrix:u/anna:example.org`, and `matrix:user/…`, the form used by German health directories until 2025.
 * Percent-encoded as in RFC 3986.
 */
const URI = /^matrix:(?:\/\/[^/?#]*\/)?(?:u|user)\/([^?#]+)/i;
const LINK = /^(?:https?:\/\/)?matrix\.to\/#\/([^?]+)/i;

/**
 * Parses a Matrix user ID in the forms that people and directories use: the ID itself, a `matrix:` URI, or a
 * `matrix.to` link. `undefined` for everything else, including links to rooms. Spec: appendix "URIs".
 */
export function readMxid(text: string): Mxid | undefined {
  const written = text.trim();
  if (written.startsWith('@')) return parseMxid(written);
  const [, encoded] = URI.exec(written) ?? LINK.exec(written) ?? [];
  const decoded = encoded === undefined ? undefined : percentDecoded(encoded.replace(/\/$/, ''));
  if (decoded === undefined) return undefined;
  return parseMxid(URI.test(written) && !decoded.startsWith('@') ? `@${decoded}` : decoded);
}

/** The accepted forms, for error messages. */
export const MXID_FORMS = 'write @anna:example.org, matrix:u/anna:example.org or https://matrix.to/#/@anna:example.org';

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
