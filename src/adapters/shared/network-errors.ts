import type { ConnectionProblem } from '../../ports/http-client.js';

/** The meaning of a network or TLS error: a code, and a readable reason. */
export interface NetworkFailure {
  readonly problem: ConnectionProblem;
  /** e.g. `the connection is refused`; can follow a host name and a colon. */
  readonly reason: string;
}

const CLOSED = 'the connection was closed';
const NO_TLS = 'the TLS handshake failed';
const NO_COMMON_TLS = 'the server does not use TLS on this port, or no TLS version in common';
const WANTS_OURS = 'the server requires a client certificate: set certFile and keyFile';
const REFUSES_OURS = 'the server does not accept the client certificate';
const UNTRUSTED = 'certificate is not trusted';

/**
 * Readable reasons by error code of Node and OpenSSL. OpenSSL 3.2 and later write `SSL/TLS_ALERT` for `SSLV3_ALERT`.
 */
const byCode: Readonly<Record<string, readonly [ConnectionProblem, string]>> = {
  ENOTFOUND: ['name_not_found', 'the name cannot be found'],
  ENODATA: ['name_not_found', 'the name has no address'],
  EAI_AGAIN: ['name_not_found', 'the name server does not answer'],
  ECONNREFUSED: ['refused', 'the connection is refused'],
  EHOSTUNREACH: ['unreachable', 'no route to the host'],
  EHOSTDOWN: ['unreachable', 'no route to the host'],
  ENETUNREACH: ['unreachable', 'no route to its network'],
  ENETDOWN: ['unreachable', 'the network is down'],
  EADDRNOTAVAIL: ['unreachable', 'no local address to connect from'],
  ETIMEDOUT: ['timeout', 'the connection timed out'],
  ECONNRESET: ['broken', CLOSED],
  ECONNABORTED: ['broken', CLOSED],
  EPIPE: ['broken', CLOSED],
  EPROTO: ['broken', NO_COMMON_TLS],
  ERR_SSL_WRONG_VERSION_NUMBER: ['broken', NO_COMMON_TLS],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['broken', NO_COMMON_TLS],
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: ['certificate', WANTS_OURS],
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: ['certificate', REFUSES_OURS],
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: ['certificate', REFUSES_OURS],
  CERT_HAS_EXPIRED: ['certificate', 'certificate has expired'],
  CERT_NOT_YET_VALID: ['certificate', 'certificate is not valid yet'],
  CERT_REVOKED: ['certificate', 'certificate is revoked'],
  ERR_SSL_DH_KEY_TOO_SMALL: ['broken', 'the Diffie-Hellman key of the server is too short'],
  ERR_SSL_UNSUPPORTED_PROTOCOL: ['broken', NO_COMMON_TLS],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ['broken', NO_COMMON_TLS],
  ERR_TLS_CERT_ALTNAME_INVALID: ['certificate', 'certificate is for another name'],
};

const byPattern: readonly (readonly [RegExp, ConnectionProblem, string])[] = [
  [
    /^ERR_SSL_(?:SSLV3|SSL\/TLS|TLSV1)_ALERT_HANDSHAKE_FAILURE$/,
    'certificate',
    `the server refuses the TLS handshake: it may require a client certificate (certFile and keyFile) or other ciphers`,
  ],
  [/^ERR_SSL_\S+_ALERT_(?:BAD|UNSUPPORTED|NO)_CERTIFICATE$/, 'certificate', REFUSES_OURS],
  [/^ERR_SSL_\S+_ALERT_CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN)$/, 'certificate', REFUSES_OURS],
  [/^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|PATH_LENGTH_|HOSTNAME_)/, 'certificate', UNTRUSTED],
  [/^ERR_(?:SSL|TLS)_/, 'broken', NO_TLS],
];

/** These occur, for example, on machines without IPv6 for names that have IPv6 addresses. */
const NO_WAY: ReadonlySet<string> = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTUNREACH']);

/** OpenSSL has no codes for these, only messages. */
const byMessage: readonly (readonly [RegExp, string])[] = [
  [/key too (?:weak|small)/i, 'certificate has a key that is too short'],
  [/(?:digest algorithm|md) too weak/i, 'certificate is signed with SHA-1 or another broken algorithm'],
];

/** The meaning of a socket error; `undefined` for other errors. */
export function networkFailure(error: unknown): NetworkFailure | undefined {
  const code = networkCode(error);
  const weakness =
    code === 'UNSPECIFIED' && byMessage.find(([pattern]) => pattern.test(String((error as Error).message)));
  if (weakness) return { problem: 'certificate', reason: weakness[1] };
  if (hasOnlyCommonName(error))
    return { problem: 'certificate', reason: 'certificate has no subjectAltName, only a common name' };
  const [, ...matched] = byPattern.find(([pattern]) => pattern.test(code)) ?? [];
  const [problem, reason] = byCode[code] ?? matched;
  return problem === undefined || reason === undefined ? undefined : { problem, reason };
}

/** Whether a certificate was refused that names its host in the former way. */
function hasOnlyCommonName(error: unknown): boolean {
  const { code, cert } = (error ?? {}) as {
    readonly code?: unknown;
    readonly cert?: { readonly subjectaltname?: string };
  };
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' && cert !== undefined && cert.subjectaltname === undefined;
}

/** The reason for an error code such as `ECONNREFUSED`. */
export const reasonOfCode = (code: string): string | undefined => networkFailure({ code })?.reason;

/**
 * The code of an error. For a name with several addresses, Node throws an aggregate error, often without a message.
 * Among its errors, those for unreachable addresses are the least informative.
 */
export function networkCode(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  // During a handshake, the code of OpenSSL is only in the message.
  const [, alert] = (code === 'EPROTO' && /:SSL routines:[^:]*:([^:\n]+):/.exec(String(message))) || [];
  if (alert !== undefined) return `ERR_SSL_${alert.trim().toUpperCase().replaceAll(' ', '_')}`;
  const inner = error instanceof AggregateError ? error.errors.map(networkCode) : [];
  return (
    inner.findLast((candidate) => !NO_WAY.has(candidate)) ?? inner.at(-1) ?? (typeof code === 'string' ? code : '')
  );
}
