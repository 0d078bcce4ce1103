import type { ConnectionProblem } from '../../ports/http-client.js';
import type { FederationResponse, HomeserverUnreachableError } from './federation-client.js';
import { parseJsonObject } from './parse-json.js';

/**
 * Why a homeserver did not respond, for the client that named it. Clients are not trusted: the message contains no
 * host, address or port that the client did not send, and does not distinguish an internal name from one that does not
 * exist.
 */
export function explainUnreached(
  homeserver: string,
  timeLimitMs: number,
  { problem, reason, isDelegated }: HomeserverUnreachableError,
): string {
  const found = isDelegated
    ? `The homeserver ${homeserver} cannot be reached: the host in its .well-known file cannot be found`
    : `The homeserver ${homeserver} cannot be found`;
  const unreachable = `The homeserver ${homeserver} cannot be reached: it does not accept connections`;
  const sentences: Record<ConnectionProblem, string> = {
    name_not_found: found,
    forbidden_address: found,
    refused: unreachable,
    unreachable,
    certificate: `The homeserver ${homeserver} cannot be reached: ${ofHost(reason)}`,
    timeout: `The homeserver ${homeserver} did not answer within ${timeLimitMs / 1000} s`,
    too_large: `The homeserver ${homeserver} sent an answer that is too large`,
    broken: `The homeserver ${homeserver} did not answer: the connection was interrupted`,
  };
  return sentences[problem];
}

/** Short form, for a sentence that already names the homeserver. */
export function reasonUnreached(
  timeLimitMs: number,
  { problem, reason, isDelegated }: HomeserverUnreachableError,
): string {
  const found = isDelegated ? 'the host in its .well-known file cannot be found' : 'it cannot be found';
  const unreachable = 'it does not accept connections';
  const reasons: Record<ConnectionProblem, string> = {
    name_not_found: found,
    forbidden_address: found,
    refused: unreachable,
    unreachable,
    certificate: ofHost(reason),
    timeout: `no answer within ${timeLimitMs / 1000} s`,
    too_large: 'the answer is too large',
    broken: 'the connection was interrupted',
  };
  return reasons[problem];
}

/** Reasons about a certificate begin with this word; the others are sentences. */
const ofHost = (reason: string): string => (reason.startsWith('certificate ') ? `its ${reason}` : reason);

/** Why a response is not the expected JSON with status 200. The same restrictions apply. */
export function explainAnswer(homeserver: string, path: string, { status, headers, body }: FederationResponse): string {
  if (status === 404 || status === 405) {
    return `The homeserver ${homeserver} does not answer ${path}: its proxy must forward this path. In Synapse, the listener resource openid serves this path alone`;
  }
  if (status >= 300 && status < 400)
    return `The homeserver ${homeserver} answered with a redirect, which is not followed`;
  if (isHtml(headers, body))
    return `The homeserver ${homeserver} answered with HTML instead of JSON${ifNot200(status)}`;
  if (status !== 200) return `The homeserver ${homeserver} answered with status ${status}${errcodeIn(body)}`;
  if (!parseJsonObject(body)) return `The homeserver ${homeserver} did not answer with JSON`;
  return `The homeserver ${homeserver} did not return the user in its answer`;
}

const isHtml = (headers: FederationResponse['headers'], body: string): boolean =>
  /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)/i.test(body);

const ifNot200 = (status: number): string => (status === 200 ? '' : `, with status ${status}`);

function errcodeIn(body: string): string {
  const errcode = parseJsonObject(body)?.['errcode'];
  return typeof errcode === 'string' && /^M_[A-Z_]{1,60}$/.test(errcode) ? ` ${errcode}` : '';
}
