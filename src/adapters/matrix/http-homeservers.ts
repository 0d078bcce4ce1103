import type { JsonObject } from '../../domain/signing/canonical-json.js';
import { DomainError } from '../../domain/shared/errors.js';
import { isServerName } from '../../domain/identifiers/server-name.js';
import type { Homeservers, OnBindAnswer } from '../../ports/homeservers.js';
import { explainAnswer, explainUnreached } from './error-messages.js';
import { type FederationClient, HomeserverUnreachableError } from './federation-client.js';
import { parseJsonObject } from './parse-json.js';
import { RequestsInFlight } from './requests-in-flight.js';

const USERINFO = '/_matrix/federation/v1/openid/userinfo';
const USERINFO_BYTES = 5 * 1024;

const ONBIND = '/_matrix/federation/v1/3pid/onbind';
const ONBIND_BYTES = 64 * 1024;

export interface TimeLimits {
  readonly userinfoMs: number;
  readonly onbindMs: number;
  /** From the second attempt on. Longer, because a homeserver may join rooms on other servers before it responds. */
  readonly onbindAgainMs: number;
}

export class HttpHomeservers implements Homeservers {
  /** Each request uses two of the 1,024 file descriptors. */
  private readonly signIns = new RequestsInFlight(50, 200);

  constructor(
    private readonly federation: FederationClient,
    private readonly limits: TimeLimits = { userinfoMs: 10_000, onbindMs: 20_000, onbindAgainMs: 60_000 },
  ) {}

  async whoHasOpenIdToken(homeserver: string, openIdToken: string): Promise<string | undefined> {
    if (!isServerName(homeserver)) throw new DomainError('homeserver_invalid');
    if (!this.federation.isAllowed(homeserver)) throw new DomainError('homeserver_not_allowed');
    const answer = await this.signIns.run(homeserver, () => this.userinfo(homeserver, openIdToken));
    const content = parseJsonObject(answer.body);
    if (answer.status === 401 && typeof content?.['errcode'] === 'string') return undefined;
    const sub = content?.['sub'];
    if (answer.status === 200 && typeof sub === 'string') return sub;
    const type = /^[\w.+-]+\/[\w.+-]+/.exec(answer.headers['content-type'] ?? '')?.[0] ?? 'no type';
    throw new DomainError('homeserver_failed', {
      message: explainAnswer(homeserver, USERINFO, answer),
      cause: new Error(`${answer.trail} -> ${answer.status}, ${type}, ${answer.body.length} characters`),
    });
  }

  async onBind(homeserver: string, body: JsonObject, attempts: number): Promise<OnBindAnswer> {
    if (!this.federation.isAllowed(homeserver))
      return { kind: 'refused', reason: 'connections to it are not allowed (federation.allowedServers)' };
    const timeLimitMs = attempts === 0 ? this.limits.onbindMs : this.limits.onbindAgainMs;
    const text = JSON.stringify(body);
    const send = (method: 'POST' | 'PUT') =>
      this.federation.request(homeserver, { method, path: ONBIND, body: text, timeLimitMs, maxBytes: ONBIND_BYTES });
    let answer = await send('POST');
    if (answer.status === 404 || answer.status === 405) answer = await send('PUT');
    const { status, trail } = answer;
    if (status >= 200 && status < 300) return { kind: 'delivered' };
    const errcode = matrixErrorIn(answer.body);
    const reason = `${trail} -> ${status}${errcode === undefined ? ', without a Matrix error' : ` ${errcode}`}`;
    if (errcode === undefined || status < 400 || ASKED_TOO_MUCH.includes(status)) throw new Error(reason);
    const isFinal = status >= 400 && status < 500 && !MAY_CHANGE.includes(status);
    return isFinal ? { kind: 'refused', reason } : { kind: 'not_yet', reason, isForbidden: status === 403 };
  }

  private async userinfo(homeserver: string, openIdToken: string) {
    const timeLimitMs = this.limits.userinfoMs;
    const path = `${USERINFO}?access_token=${encodeURIComponent(openIdToken)}`;
    try {
      return await this.federation.request(homeserver, { method: 'GET', path, timeLimitMs, maxBytes: USERINFO_BYTES });
    } catch (cause) {
      if (!(cause instanceof HomeserverUnreachableError)) throw cause;
      throw new DomainError('homeserver_failed', { message: explainUnreached(homeserver, timeLimitMs, cause), cause });
    }
  }
}

/** 403: the room does not contain the invitation yet. Synapse sends it only after the response to /store-invite. */
const MAY_CHANGE: readonly number[] = [401, 403, 408];
/** Statuses about the state of the server, not about this request. */
const ASKED_TOO_MUCH: readonly number[] = [429, 502, 503, 504];

/**
 * The errcode of a Matrix error. Other errors come from proxies, maintenance pages or body limits and are not answers
 * of the homeserver.
 */
function matrixErrorIn(body: string): string | undefined {
  const errcode = parseJsonObject(body)?.['errcode'];
  return typeof errcode === 'string' && /^[\w.]{1,100}$/.test(errcode) ? errcode : undefined;
}
