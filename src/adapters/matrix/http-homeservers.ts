import type { JsonObject } from '../../domain/signing/canonical-json.js';
import { DomainError } from '../../domain/shared/errors.js';
import { isServerName } from '../../domain/identifiers/server-name.js';
import type { Homeservers } from '../../ports/homeservers.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { explainAnswer, explainUnreached } from './error-messages.js';
import { type FederationClient, HomeserverUnreachableError } from './federation-client.js';
import { parseJsonObject } from './parse-json.js';

const USERINFO = '/_matrix/federation/v1/openid/userinfo';
const USERINFO_BYTES = 5 * 1024;

const ONBIND = '/_matrix/federation/v1/3pid/onbind';
const ONBIND_BYTES = 64 * 1024;

export interface TimeLimits {
  readonly userinfoMs: number;
  /** Longer: a homeserver may join rooms of other servers before it answers. */
  readonly onbindMs: number;
}

export class HttpHomeservers implements Homeservers {
  constructor(
    private readonly federation: FederationClient,
    private readonly telemetry: Telemetry,
    private readonly limits: TimeLimits = { userinfoMs: 10_000, onbindMs: 60_000 },
  ) {}

  async whoHasOpenIdToken(homeserver: string, openIdToken: string): Promise<string | undefined> {
    if (!isServerName(homeserver)) throw new DomainError('homeserver_invalid');
    if (!this.federation.isAllowed(homeserver)) throw new DomainError('homeserver_not_allowed');
    const answer = await this.userinfo(homeserver, openIdToken);
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

  async onBind(homeserver: string, body: JsonObject): Promise<'delivered' | 'refused'> {
    if (!this.federation.isAllowed(homeserver)) return this.refused(homeserver, 'it is not one that is talked to');
    const send = (method: 'POST' | 'PUT') =>
      this.federation.request(homeserver, {
        method,
        path: ONBIND,
        body: JSON.stringify(body),
        timeLimitMs: this.limits.onbindMs,
        maxBytes: ONBIND_BYTES,
      });
    let answer = await send('POST');
    if (answer.status === 404 || answer.status === 405) answer = await send('PUT');
    const { status, trail } = answer;
    if (status >= 200 && status < 300) return 'delivered';
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
    if (isFinal) return this.refused(homeserver, `${trail} -> ${status}`);
    throw new Error(`${trail} -> ${status}`);
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

  private refused(homeserver: string, reason: string): 'refused' {
    this.telemetry.warn('homeserver rejected the notification of a binding', {
      event: 'onbind_rejected',
      homeserver,
      reason,
    });
    return 'refused';
  }
}
