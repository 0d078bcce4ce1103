import type { ConnectionProblem } from '../../ports/http-client.js';

/** What a failure of the network or of TLS means: in one word for code, and for people. */
export interface NetworkFailure {
  readonly problem: ConnectionProblem;
  /** `the connection is refused`, to stand behind the name of a hop and a colon. */
  readonly reason: string;
}

const CLOSED = 'the connection was closed';
const NO_TLS = 'no TLS connection comes about';
const NO_COMMON_TLS = 'it does not speak TLS here, or not a version in common';
const WANTS_OURS = 'it wants a certificate of ours: certFile and keyFile';
const REFUSES_OURS = 'it does not accept our certificate';
const UNTRUSTED = 'certificate is not trusted';

/** The words of Node and OpenSSL, by code. OpenSSL 3.2 and later write `SSL/TLS_ALERT` for `SSLV3_ALERT`. */
const byCode: Readonly<Record<string, readonly [ConnectionProblem, string]>> = {
  ENOTFOUND: ['name_not_found', 'the name cannot be found'],
  ENODATA: ['name_not_found', 'the name has no address'],
  EAI_AGAIN: ['name_not_found', 'the name server does not answer'],
  ECONNREFUSED: ['refused', 'the connection is refused'],
  EHOSTUNREACH: ['unreachable', 'there is no way to the host'],
  EHOSTDOWN: ['unreachable', 'there is no way to the host'],
  ENETUNREACH: ['unreachable', 'there is no way to its network'],
  ENETDOWN: ['unreachable', 'the network is down'],
  EADDRNOTAVAIL: ['unreachable', 'there is no address to connect from'],
  ETIMEDOUT: ['timeout', 'nothing answers there'],
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
  ERR_TLS_CERT_ALTNAME_INVALID: ['certificate', 'certificate is for another name'],
};

const byPattern: readonly (readonly [RegExp, ConnectionProblem, string])[] = [
  [
    /^ERR_SSL_(?:SSLV3|SSL\/TLS|TLSV1)_ALERT_HANDSHAKE_FAILURE$/,
    'certificate',
    `the handshake is refused, as by servers that want a certificate of ours (certFile and keyFile) or other ciphers`,
  ],
  [/^ERR_SSL_\S+_ALERT_(?:BAD|UNSUPPORTED|NO)_CERTIFICATE$/, 'certificate', REFUSES_OURS],
  [/^ERR_SSL_\S+_ALERT_CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN)$/, 'certificate', REFUSES_OURS],
  [/^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|PATH_LENGTH_|HOSTNAME_)/, 'certificate', UNTRUSTED],
  [/^ERR_(?:SSL|TLS)_/, 'broken', NO_TLS],
];

/** As on machines that have no IPv6, where names have addresses of it. */
const NO_WAY: ReadonlySet<string> = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTUNREACH']);

/** What an error of a socket means; `undefined` for one of another kind. */
export function networkFailure(error: unknown): NetworkFailure | undefined {
  const code = networkCode(error);
  const [, ...matched] = byPattern.find(([pattern]) => pattern.test(code)) ?? [];
  const [problem, reason] = byCode[code] ?? matched;
  return problem === undefined || reason === undefined ? undefined : { problem, reason };
}

/** The same of a bare code, as `ECONNREFUSED`. */
export const reasonOfCode = (code: string): string | undefined => networkFailure({ code })?.reason;

/**
 * The code of an error. Where a name has several addresses, Node throws one error with those of all
 * addresses inside and often no message: that we have no way to one of them says least.
 */
export function networkCode(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  // Within a handshake, OpenSSL's own code is in the text alone.
  const [, alert] = (code === 'EPROTO' && /:SSL routines:[^:]*:([^:\n]+):/.exec(String(message))) || [];
  if (alert !== undefined) return `ERR_SSL_${alert.trim().toUpperCase().replaceAll(' ', '_')}`;
  const inner = error instanceof AggregateError ? error.errors.map(networkCode) : [];
  return inner.findLast((each) => !NO_WAY.has(each)) ?? inner.at(-1) ?? (typeof code === 'string' ? code : '');
}
