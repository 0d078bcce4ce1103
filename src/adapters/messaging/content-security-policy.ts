import { createHash } from 'node:crypto';

/**
 * A policy under which this HTML looks as written and can do nothing else. Its style sheets are
 * allowed by their hashes; forms go to us alone, and from there on to `nextLink`.
 */
export function contentSecurityPolicy(html: string, nextLink: string): string {
  const styles = Array.from(html.matchAll(/<style>([^]*?)<\/style>/g), ([, css = '']) => hashSource(css));
  return [
    "default-src 'none'",
    `style-src ${styles.length ? styles.join(' ') : "'none'"}`,
    "img-src 'self' data:",
    ['form-action', "'self'", ...originOf(nextLink)].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Browsers hold the redirect that answers a form to `form-action` as well. */
function originOf(link: string): readonly string[] {
  const origin = URL.canParse(link) ? new URL(link).origin : '';
  return /^https?:\/\/[A-Za-z0-9.:[\]-]+$/.test(origin) ? [origin] : [];
}
