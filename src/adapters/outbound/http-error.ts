import { networkCode, networkFailure, type NetworkFailure } from '../shared/network-errors.js';

const INCOMPLETE = 'the connection was closed before the answer was complete';

/** Reasons for HTTP error codes, and for others in the middle of a response. */
const byCode: Readonly<Record<string, NetworkFailure>> = {
  EFORBIDDEN: { problem: 'forbidden_address', reason: 'its address is not public' },
  HPE_HEADER_OVERFLOW: { problem: 'too_large', reason: 'the headers of the answer are too large' },
  ECONNRESET: { problem: 'broken', reason: INCOMPLETE },
  ECONNABORTED: { problem: 'broken', reason: INCOMPLETE },
  ERR_STREAM_PREMATURE_CLOSE: { problem: 'broken', reason: INCOMPLETE },
  EPIPE: { problem: 'broken', reason: INCOMPLETE },
};

const byPrefix: readonly (readonly [RegExp, NetworkFailure])[] = [
  [/^HPE_/, { problem: 'broken', reason: 'the answer is not HTTP' }],
  [/^(Z_|ERR_BROTLI|ERR__ERROR_FORMAT)/, { problem: 'broken', reason: 'the answer cannot be decompressed' }],
];

/** The reason for a network or TLS failure. */
export function explain(error: unknown): NetworkFailure {
  const origin = originOf(error);
  const code = networkCode(origin);
  return (
    byCode[code] ??
    byPrefix.find(([pattern]) => pattern.test(code))?.[1] ??
    networkFailure(origin) ?? { problem: 'broken', reason: 'the request failed' }
  );
}

/** The error without attached objects: certificates, packets, and with axios the whole request. */
export function bareCause(error: unknown): Error {
  const origin = originOf(error);
  const code = networkCode(origin);
  return Object.assign(new Error(origin.message), code && { code });
}

/** The original error: axios wraps errors of Node. */
const originOf = (error: unknown): Error => {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? error.cause : error;
};
