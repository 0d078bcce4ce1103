import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import type { MessageSender } from '../../ports/message-sender.js';
import type { SessionStore } from '../../ports/session-store.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { type Refusal, DomainError } from '../shared/errors.js';
import { serialQueues } from '../shared/serial-queue.js';
import type { ReadPreferences } from '../shared/message-preferences.js';
import { mailboxKey } from '../identifiers/mailbox.js';
import type { Asker } from '../rate-limiting/asker.js';
import type { Quotas } from '../rate-limiting/quotas.js';
import { keyOf, type Medium, type Threepid } from '../identifiers/threepid.js';
import { isExpired, SESSION_LIFETIME_MS, sameSecret, type ValidationSession } from './validation-session.js';

const SID_LENGTH = 32;

export interface TokenRequest extends Asker {
  readonly threepid: Threepid;
  readonly clientSecret: string;
  readonly sendAttempt: number;
  readonly nextLink: string | undefined;
  /** The calling code of a phone number. */
  readonly callingCode?: string;
  readonly preferences: ReadPreferences;
}

export interface ValidationOptions {
  /** The number of characters of a token in a mail, and the number of digits of a code in a text message. */
  readonly tokenLength: number;
  readonly codeLength: number;
  /** The number of wrong guesses after which a session is closed. */
  readonly maxGuesses: number;
  /** The URL of the page that validates a session. */
  readonly linkOf: (session: ValidationSession, preferences: ReadPreferences) => string;
}

export interface ValidationDependencies {
  readonly store: SessionStore;
  readonly senders: readonly MessageSender[];
  readonly quotas: Quotas;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/** Verifies that a person holds an address. Spec: "Establishing associations", sessions. */
export class ValidationService {
  private readonly sendInTurn = serialQueues();

  constructor(
    private readonly deps: ValidationDependencies,
    private readonly options: ValidationOptions,
  ) {}

  /**
   * Creates a session, or continues the live one with the same threepid and client secret, and sends its token unless
   * this attempt was already delivered. A session that was closed after wrong guesses is reopened with a new token.
   * Spec: POST /validate/email/requestToken.
   *
   * @returns the sid
   * @throws DomainError `limit_exceeded`, `destination_rejected`, and `email_not_sent` or `message_not_sent`, after
   *   which the same attempt may be repeated
   */
  async requestToken(request: TokenRequest): Promise<string> {
    const sender = this.senderOf(request.threepid.medium);
    const session = `${keyOf(request.threepid)} ${request.clientSecret}`;
    // A repeated request that arrives during the first one waits for it instead of sending again.
    return this.sendInTurn(session, () => this.send(request, sender));
  }

  /**
   * Validates a session. Succeeds too if the session is already validated, because clients repeat requests. Spec: POST
   * /validate/email/submitToken.
   *
   * @throws DomainError `session_unknown`, `session_expired`, `session_closed` or `token_incorrect`
   */
  async submitToken(sid: string, clientSecret: string, token: string): Promise<ValidationSession> {
    const session = await this.live(sid, clientSecret);
    // Counted before the comparison, so that parallel guesses are all counted.
    const guesses = session.validatedAt === undefined ? await this.deps.store.countGuess(sid) : 0;
    if (guesses > this.options.maxGuesses) throw new DomainError('session_closed');
    if (!sameSecret(token, session.token)) throw new DomainError('token_incorrect');
    if (session.validatedAt !== undefined) return session;
    const now = this.deps.clock.now();
    await this.deps.store.markValidated(sid, now);
    this.deps.telemetry.count('validations', { medium: session.threepid.medium });
    return { ...session, validatedAt: now, modifiedAt: now };
  }

  /**
   * The validated session. Spec: GET /3pid/getValidated3pid.
   *
   * @throws DomainError `session_unknown`, `session_expired` or `session_not_validated`
   */
  async validated(sid: string, clientSecret: string): Promise<ValidationSession & { readonly validatedAt: number }> {
    const session = await this.live(sid, clientSecret);
    const { validatedAt } = session;
    if (validatedAt === undefined) throw new DomainError('session_not_validated');
    return { ...session, validatedAt };
  }

  /** The session, validated or not. @throws DomainError `session_unknown` or `session_expired` */
  async live(sid: string, clientSecret: string): Promise<ValidationSession> {
    const session = await this.deps.store.get(sid);
    // The same error for both: a client must not learn which sids exist.
    if (!session || !sameSecret(clientSecret, session.clientSecret)) throw new DomainError('session_unknown');
    if (isExpired(session, this.deps.clock.now())) throw new DomainError('session_expired');
    return session;
  }

  /** Removes expired sessions. They are kept for a while, so that requests get the error "expired". */
  purge(): Promise<void> {
    return this.deps.store.purge(this.deps.clock.now() - 5 * SESSION_LIFETIME_MS);
  }

  private newSession({ threepid, clientSecret, nextLink, user }: TokenRequest): ValidationSession {
    const now = this.deps.clock.now();
    return {
      sid: this.deps.random.text(SID_LENGTH),
      threepid,
      clientSecret,
      token: this.newToken(threepid.medium),
      sendAttempt: -1,
      nextLink,
      validatedAt: undefined,
      openedAt: now,
      openedBy: user,
      modifiedAt: now,
    };
  }

  /**
   * Sends the token, unless this attempt was delivered. Limits are checked first: a refusal stores nothing. @returns
   * the sid
   */
  private async send(request: TokenRequest, sender: MessageSender): Promise<string> {
    const known = await this.deps.store.find(request.threepid, request.clientSecret);
    const isLive = known !== undefined && !isExpired(known, this.deps.clock.now());
    if (isLive && request.sendAttempt <= known.sendAttempt) return known.sid;
    // A message that is never sent does not count against limits.
    if (sender.sendsTo?.(request.threepid) === false) throw new DomainError('destination_rejected');
    await this.takeQuota(request);
    const { session, isClaimed, isNew } = await this.claim(request, isLive);
    const { sid, token } = session;
    const { preferences, sendAttempt } = request;
    if (!isClaimed) return sid;
    const link = this.options.linkOf(session, preferences);
    const id = `${sid} ${token} ${sendAttempt}`;
    try {
      await sender.send(session.threepid, { kind: 'validation', id, token, link, preferences });
    } catch (cause) {
      await this.deps.store.releaseSend(sid, sendAttempt).catch(() => undefined); // it expires
      if (cause instanceof DomainError) throw cause;
      throw new DomainError(notSent[session.threepid.medium], { cause });
    }
    await this.deps.store.markSent(sid, sendAttempt, request.nextLink, isNew);
    return sid;
  }

  /**
   * The session of a request, and whether its token is to be sent: a balancer may have sent the same attempt to several
   * instances.
   */
  private async claim(request: TokenRequest, isKnown: boolean) {
    const { store } = this.deps;
    const fresh = this.newSession(request);
    const aliveSince = fresh.openedAt - SESSION_LIFETIME_MS;
    if (!isKnown && (await store.addClaimed(fresh, aliveSince, request.sendAttempt)))
      return { session: fresh, isClaimed: true, isNew: true };
    const opened = await store.findOrAdd(fresh, aliveSince);
    const session = (await this.reopened(opened)) ?? opened;
    return { session, isClaimed: await store.claimSend(session.sid, request.sendAttempt), isNew: false };
  }

  private async reopened({ sid, threepid }: ValidationSession): Promise<ValidationSession | undefined> {
    const { maxGuesses } = this.options;
    return maxGuesses === Infinity ? undefined : this.deps.store.renew(sid, this.newToken(threepid.medium), maxGuesses);
  }

  private newToken(medium: Medium): string {
    const { tokenLength, codeLength } = this.options;
    return medium === 'email' ? this.deps.random.text(tokenLength) : this.deps.random.digits(codeLength);
  }

  private takeQuota(request: TokenRequest): Promise<void> {
    const { threepid, callingCode: country } = request;
    const { quotas } = this.deps;
    if (threepid.medium === 'email') return quotas.consumeFor('mail', request, { perAddress: mailboxKey(threepid) });
    const perCountryAndHomeserver = country === undefined ? undefined : quotas.shareOf(country, request);
    return quotas.consumeFor('sms', request, {
      perNumber: threepid.address,
      perCountryAndHomeserver,
      perCountry: country,
    });
  }

  private senderOf(medium: Medium): MessageSender {
    const sender = this.deps.senders.find((candidate) => candidate.medium === medium);
    if (!sender) throw new DomainError(medium === 'email' ? 'email_not_sent' : 'destination_rejected');
    return sender;
  }
}

const notSent = { email: 'email_not_sent', msisdn: 'message_not_sent' } as const satisfies Record<Medium, Refusal>;
