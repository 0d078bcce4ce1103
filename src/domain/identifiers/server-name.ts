import { isIP } from 'node:net';

export interface ServerName {
  /** DNS name, IPv4 address, or IPv6 address without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly isLiteralAddress: boolean;
}

/** Parses a server name; `undefined` if it is not valid. Spec: appendix "Server name". */
export function parseServerName(text: string): ServerName | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9A-Za-z.-]{1,255}))(?::(\d{1,5}))?$/.exec(text);
  if (!match) return undefined;
  const [, ipv6, name, digits] = match;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535 || String(port) !== digits)) return undefined;
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? { host: ipv6, port, isLiteralAddress: true } : undefined;
  if (name === undefined) return undefined;
  if (isIP(name) === 4) return { host: name, port, isLiteralAddress: true };
  return isDnsName(name) ? { host: name, port, isLiteralAddress: false } : undefined;
}

export const isServerName = (text: string): boolean => parseServerName(text) !== undefined;

/** Resolvers would interpret a last label of digits only as an IPv4 address. */
function isDnsName(name: string): boolean {
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  return !/^\d+$/.test(last) && labels.every((label) => /^[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?$/.test(label));
}
