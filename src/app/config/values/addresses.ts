import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { parseRange } from '../../../adapters/shared/address-ranges.js';
import { DatabaseUrlError, readDatabaseUrl } from '../../../adapters/shared/database-url.js';
import { canBeNat64Prefix } from '../../../adapters/shared/nat64.js';
import { email } from '../../../domain/identifiers/threepid.js';
import { DomainError } from '../../../domain/shared/errors.js';
import { parseMxid } from '../../../domain/identifiers/mxid.js';
import { isServerName } from '../../../domain/identifiers/server-name.js';
import { asList, asText, valueType, InvalidValueError, wholeNumber } from './value-type.js';
import { trimSlashes } from '../../../domain/shared/trim-slashes.js';

/** A port to listen on; 0 for any free port. */
const port = valueType({ type: 'integer', minimum: 0, maximum: 65_535 }, (value) => wholeNumber(value, 0, 65_535));

/** Where to listen or connect: an IP address, or a name that resolves to one. */
const host = valueType({ type: 'string' }, (value) => {
  const text = asText(value).replace(/^\[(.*)\]$/, '$1');
  if (isIP(text) > 0 || (isServerName(text) && !text.includes(':'))) return text;
  throw new InvalidValueError('must be an IP address or a host name, without a port');
});

const serverName = valueType({ type: 'string' }, asServerName);

const serverNames = valueType({ type: 'array', items: { type: 'string' } }, (value) => asList(value).map(asServerName));

const mxids = valueType({ type: 'array', items: { type: 'string' } }, (value) =>
  asList(value).map((element) => {
    const mxid = parseMxid(asText(element));
    if (mxid === undefined) throw new InvalidValueError('must be Matrix user IDs such as @islet:example.org');
    return mxid;
  }),
);

export function asServerName(value: unknown): string {
  const text = asText(value);
  if (isServerName(text)) return text;
  const suggestion = text.includes('://') ? 'leave out the scheme' : undefined;
  throw new InvalidValueError('must be a Matrix server name such as example.org or id.example.org:8090', suggestion);
}

const headerName = valueType({ type: 'string' }, (value) => {
  const text = asText(value);
  if (/^[A-Za-z][A-Za-z0-9-]{0,99}$/.test(text)) return text;
  throw new InvalidValueError('must be the name of an HTTP header, such as X-Forwarded-User');
});

/** CIDR ranges; a single address is a range of one. */
const cidrs = valueType({ type: 'array', items: { type: 'string' } }, (value) =>
  asList(value).map((element) => {
    const range = asCidr(asText(element));
    if (range === undefined) throw new InvalidValueError('must be IP ranges such as 10.1.0.0/16');
    return range;
  }),
);

/** NAT64 prefixes, only with the lengths of RFC 6052, 2.2. */
const nat64Prefixes = valueType({ type: 'array', items: { type: 'string' } }, (value) =>
  asList(value).map((element) => {
    const text = asText(element);
    const range = parseRange(text);
    if (range && canBeNat64Prefix(range)) return text;
    throw new InvalidValueError('must be IPv6 prefixes of 32, 40, 48, 56, 64 or 96 bits, such as 2001:db8:64::/96');
  }),
);

/** The ranges that `loopback` and `private` stand for. */
const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** Like `cidrs`, with names for the usual ranges. */
const networks = valueType({ type: 'array', items: { type: 'string' } }, (value) =>
  asList(value).flatMap((element) => {
    const text = asText(element);
    const ranges = Object.hasOwn(NETWORKS, text) ? NETWORKS[text] : undefined;
    const range = asCidr(text);
    if (ranges) return ranges;
    if (range !== undefined) return [range];
    throw new InvalidValueError('must be loopback, private, or IP ranges such as 10.1.0.0/16');
  }),
);

function asCidr(text: string): string | undefined {
  const [address = '', bits] = text.split('/');
  if (parseRange(text) === undefined) return undefined;
  return bits === undefined ? `${address}/${isIP(address) === 4 ? 32 : 128}` : text;
}

/** Scheme, host and port of an HTTP server, without a trailing slash. */
const origin = valueType({ type: 'string', format: 'uri' }, (value) => {
  const url = asWebUrl(value);
  if (url.pathname !== '/' || url.search || url.hash) {
    throw new InvalidValueError(
      'must be a scheme, a host and a port, without path, query or fragment',
      `write ${url.origin}`,
    );
  }
  return url.origin;
});

/** Like `origin`, with a path that is the prefix of each path. */
const baseUrl = valueType({ type: 'string', format: 'uri' }, asBaseUrl);

/** The address of the only homeserver that an instance asks. */
const homeserverUrl = valueType({ type: 'string', format: 'uri' }, (value) => {
  if (typeof value !== 'object' || value === null) return asBaseUrl(value);
  const fix = 'run one instance for each homeserver (docs/topics/search.md)';
  throw new InvalidValueError('must be one URL: an instance asks one homeserver', fix);
});

const baseUrls = valueType({ type: 'array', items: { type: 'string', format: 'uri' } }, (value) =>
  asList(value).map(asBaseUrl),
);

function asBaseUrl(value: unknown): string {
  const url = asWebUrl(value);
  if (url.search || url.hash) throw new InvalidValueError('must not have a query or a fragment');
  return trimSlashes(url.href);
}

const webUrl = valueType({ type: 'string', format: 'uri' }, (value) => asWebUrl(value).href);

function asWebUrl(value: unknown): URL {
  const url = asUrl(value, ['https:', 'http:']);
  if (url.username || url.password) throw new InvalidValueError('must not contain a user name or a password');
  return url;
}

/** @throws InvalidValueError unless the value is a URL with a host and one of these schemes */
export function asUrl(value: unknown, schemes: readonly string[]): URL {
  const text = asText(value);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Hosts are normalized only for the schemes that the URL standard knows.
  if (url?.hostname.includes('%')) url.hostname = domainToASCII(decodeURIComponent(url.hostname));
  if (url && schemes.includes(url.protocol) && url.hostname !== '') return url;
  const examples = schemes.map((scheme) => `${scheme}//…`).join(' or ');
  throw new InvalidValueError(`must be a URL ${examples}`);
}

/** A URL whose parts are all valid, including its TLS parameters. */
const databaseUrlOf = (...schemes: readonly string[]) =>
  valueType({ type: 'string', format: 'uri' }, (value) => {
    const text = asText(value);
    if (!schemes.some((scheme) => text.startsWith(`${scheme}://`))) {
      const examples = schemes
        .filter((scheme) => scheme !== 'postgresql')
        .map((scheme) => `${scheme}://user@host/database`);
      throw new InvalidValueError(`must be a URL ${examples.join(' or ')}`);
    }
    try {
      readDatabaseUrl(text);
      return text;
    } catch (error) {
      if (error instanceof DatabaseUrlError) throw new InvalidValueError(error.message);
      throw error;
    }
  });

const databaseUrl = databaseUrlOf('postgres', 'postgresql');
const anyDatabaseUrl = databaseUrlOf('postgres', 'postgresql', 'mysql');

const smtpUrl = valueType({ type: 'string', format: 'uri' }, (value) => {
  const url = asUrl(value, ['smtps:', 'smtp:']);
  const isBare = ['', '/'].includes(url.pathname) && !url.search && !url.hash;
  if (isBare && isDecodable(url.username) && isDecodable(url.password)) return url.href;
  throw new InvalidValueError('must be smtps:// or smtp://, at most a user name and a password, a host and a port');
});

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

/** The sender of mail: an address, optionally with a name. */
const mailbox = valueType({ type: 'string' }, (value) => {
  const text = asText(value).trim();
  const [, address = text] = /^[^<>]*<([^<>]+)>$/.exec(text) ?? [];
  if (isEmail(address)) return text;
  throw new InvalidValueError('must be an email address, or a name and <an address>');
});

function isEmail(text: string): boolean {
  try {
    return email(text).address !== '';
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

/** Value types for network addresses. */
export const addresses = {
  port,
  host,
  serverName,
  serverNames,
  headerName,
  mxids,
  cidrs,
  networks,
  nat64Prefixes,
  origin,
  baseUrl,
  baseUrls,
  homeserverUrl,
  webUrl,
  databaseUrl,
  anyDatabaseUrl,
  smtpUrl,
  mailbox,
};
