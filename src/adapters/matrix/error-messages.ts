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
    ? `The homeserver ${homeserver} cannot be reached: its .well-known names a host that cannot be found`
    : `The homeserver ${homeserver} cannot be found`;
  const unreachable = `The homeserver ${homeserver} cannot be reached: it takes no connections`;
  const sentences: Record<ConnectionProblem, string> = {
    name_not_found: found,
    forbidden_address: found,
    refused: unreachable,
    unreachable,
    certificate: `The homeserver ${homeserver} cannot be reached: its ${reason}`,
    timeout: `The homeserver ${homeserver} gave no answer within ${timeLimitMs / 1000} s`,
    too_large: `The homeserver ${homeserver} gave an answer that is too large`,
    broken: `The homeserver ${homeserver} gave no answer: the connection broke off`,
  };
  return sentences[problem];
}

/** Short form, for a sentence that already names the homeserver. */
export function reasonUnreached(
  timeLimitMs: number,
  { problem, reason, isDelegated }: HomeserverUnreachableError,
): string {
  const found = isDelegated ? 'its .well-known names a host that cannot be found' : 'it cannot be found';
  const unreachable = 'it takes no connections';
  const reasons: Record<ConnectionProblem, string> = {
    name_not_found: found,
    forbidden_address: found,
    refused: unreachable,
    unreachable,
    certificate: `its ${reason}`,
    timeout: `no answer within ${timeLimitMs / 1000} s`,
    too_large: 'the answer is too large',
    broken: 'the connection broke off',
  };
  return reasons[problem];
}

/** Why a response is not the expected JSON with status 200. The same restrictions apply. */
export function explainAnswer(homeserver: string, path: string, { status, headers, body }: FederationResponse): string {
  if (status === 404 || status === 405) {
    return `The homeserver ${homeserver} does not answer ${path}: its proxy has to forward that path, and it can be exposed alone as the listener resource openid`;
  }
  if (status >= 300 && status < 400)
    return `The homeserver ${homeserver} answered with a redirect, which is not followed`;
  if (isHtml(headers, body))
    return `The homeserver ${homeserver} answered HTML where JSON was expected${ifNot200(status)}`;
  if (status !== 200) return `The homeserver ${homeserver} answered with status ${status}${errcodeIn(body)}`;
  if (!parseJsonObject(body)) return `The homeserver ${homeserver} answered something else where JSON was expected`;
  return `The homeserver ${homeserver} answered without saying who the user is`;
}

const isHtml = (headers: FederationResponse['headers'], body: string): boolean =>
  /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)/i.test(body);

const ifNot200 = (status: number): string => (status === 200 ? '' : `, with status ${status}`);

function errcodeIn(body: string): string {
  const errcode = parseJsonObject(body)?.['errcode'];
  return typeof errcode === 'string' && /^M_[A-Z_]{1,60}$/.test(errcode) ? ` ${errcode}` : '';
}
