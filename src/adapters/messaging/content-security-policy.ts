import { createHash } from 'node:crypto';

/**
 * A policy that allows this HTML to be displayed as written and nothing else. Style sheets are allowed by their hashes;
 * forms may be sent only to this server and then be redirected to `nextLink`.
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

/** Browsers also apply `form-action` to the redirect after a form submission. */
function originOf(link: string): readonly string[] {
  const origin = URL.canParse(link) ? new URL(link).origin : '';
  return /^https?:\/\/[A-Za-z0-9.:[\]-]+$/.test(origin) ? [origin] : [];
}
