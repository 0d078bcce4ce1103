import { parseServerName } from '../../domain/identifiers/server-name.js';

/** The default sender of mails. */
export function defaultFrom(serverName: string): string {
  const name = parseServerName(serverName);
  if (!name?.isLiteralAddress) return `Islet <noreply@${name?.host ?? serverName}>`;
  return `Islet <noreply@[${name.host.includes(':') ? 'IPv6:' : ''}${name.host}]>`;
}
