import type { ConnectionProblem } from '../../ports/http-client.js';

interface Explanation {
  readonly problem: ConnectionProblem;
  readonly reason: string;
}

const byCode: Readonly<Record<string, Explanation>> = {
  EFORBIDDEN: { problem: 'forbidden_address', reason: 'its address is not a public one' },
  ENOTFOUND: { problem: 'name_not_found', reason: 'the name cannot be found' },
  ENODATA: { problem: 'name_not_found', reason: 'the name has no address' },
  EAI_AGAIN: { problem: 'name_not_found', reason: 'the name server does not answer' },
  ECONNREFUSED: { problem: 'refused', reason: 'the connection is refused' },
  EHOSTUNREACH: { problem: 'unreachable', reason: 'there is no way to the host' },
  EHOSTDOWN: { problem: 'unreachable', reason: 'there is no way to the host' },
  ENETUNREACH: { problem: 'unreachable', reason: 'there is no way to its network' },
  ENETDOWN: { problem: 'unreachable', reason: 'the network is down' },
  EADDRNOTAVAIL: { problem: 'unreachable', reason: 'there is no address to connect from' },
  ETIMEDOUT: { problem: 'timeout', reason: 'nothing answers there' },
  CERT_HAS_EXPIRED: { problem: 'certificate', reason: 'certificate has expired' },
  CERT_NOT_YET_VALID: { problem: 'certificate', reason: 'certificate is not valid yet' },
  CERT_REVOKED: { problem: 'certificate', reason: 'certificate is revoked' },
  ERR_TLS_CERT_ALTNAME_INVALID: { problem: 'certificate', reason: 'certificate is for another name' },
  HPE_HEADER_OVERFLOW: { problem: 'too_large', reason: 'the headers of the answer are too large' },
  ECONNRESET: { problem: 'broken', reason: 'the connection was closed before the answer was complete' },
  ECONNABORTED: { problem: 'broken', reason: 'the connection was closed before the answer was complete' },
  ERR_STREAM_PREMATURE_CLOSE: { problem: 'broken', reason: 'the connection was closed before the answer was complete' },
  EPIPE: { problem: 'broken', reason: 'the connection was closed before the answer was complete' },
  EPROTO: { problem: 'broken', reason: 'no TLS connection comes about' },
};

const byPrefix: readonly (readonly [RegExp, Explanation])[] = [
  [
    /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|PATH_LENGTH_|HOSTNAME_)/,
    { problem: 'certificate', reason: 'certificate is not trusted' },
  ],
  [/^ERR_(SSL|TLS)_/, { problem: 'broken', reason: 'no TLS connection comes about' }],
  [/^HPE_/, { problem: 'broken', reason: 'the answer is not HTTP' }],
  [/^(Z_|ERR_BROTLI|ERR__ERROR_FORMAT)/, { problem: 'broken', reason: 'the answer cannot be decompressed' }],
];

/** What a failure of Node's network or TLS means. */
export function explain(error: unknown): Explanation {
  const code = codeOf(error);
  return (
    byCode[code] ??
    byPrefix.find(([pattern]) => pattern.test(code))?.[1] ?? { problem: 'broken', reason: 'the request failed' }
  );
}

/** The same error without what hangs on it: certificates, packets, and with axios the whole request. */
export function bareCause(error: unknown): Error {
  const origin = originOf(error);
  const code = codeOf(origin);
  return Object.assign(new Error(origin.message), code && { code });
}

/** axios wraps Node's errors. */
const originOf = (error: unknown): Error => {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? error.cause : error;
};

function codeOf(error: unknown): string {
  const { code } = originOf(error) as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : '';
}
