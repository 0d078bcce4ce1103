import type { Clock } from '../../ports/clock.js';
import type { InviteStore } from '../../ports/invite-store.js';
import type { Random } from '../../ports/random.js';
import type { Signed, Signer } from '../../ports/signer.js';
import type { JsonObject } from '../signing/canonical-json.js';
import type { Cause } from '../shared/cause.js';
import { DomainError } from '../shared/errors.js';
import type { StoredInvite } from './invite.js';
import { inviteDigestJob, inviteMailJob, onBindJob } from './invite-jobs.js';
import { type InviteLinkOptions, inviteLink } from './invite-link.js';
import type { InviteRequest, InviteTicket } from './invite-request.js';
import { signedInvite } from './signed-invite.js';
import { type InviteMail, mailPayload, readMailPayload } from './invite-mail.js';
import type { DeprovisioningService } from '../deprovisioning/deprovisioning-service.js';
import type { LookupService } from '../lookup/lookup-service.js';
import { type Mxid, parseMxid } from '../identifiers/mxid.js';
import type { Quotas } from '../rate-limiting/quotas.js';
import { mailbox, mailboxKey, mailboxSpellings } from '../identifiers/mailbox.js';
import { keyOf, redact, type Threepid } from '../identifiers/threepid.js';

const INVITE_TOKEN_LENGTH = 64;

/**
 * Homeservers write an invitation into its room only after they receive the response, and reject notifications about it
 * before that.
 */
const HAND_OVER_DELAY_MS = 2_000;

export interface InviteDependencies {
  readonly store: InviteStore;
  readonly lookupService: LookupService;
  readonly deprovisioningService: DeprovisioningService;
  readonly signer: Signer;
  readonly quotas: Quotas;
  readonly random: Random;
  readonly clock: Clock;
}

/** Invitations to people who have no known user yet. Spec: "Invitation storage". */
export class InviteService {
  constructor(
    private readonly deps: InviteDependencies,
    private readonly options: InviteLinkOptions,
  ) {}

  /**
   * Stores an invitation and queues its mail. If the address has a known user whom the requester could not find by hash
   * (its source does not support hashes, it is newer than the mirror, or the address has capital letters), no mail is
   * sent: the invitation is delivered to the homeserver of that user. Since the response reveals whether an address is
   * known, the request counts as one lookup. Spec: POST /store-invite.
   *
   * @throws DomainError `threepid_in_use` with the `mxid` to invite instead, if the hash of the address as sent finds a
   *   user; `medium_unsupported`, `invalid_email`, `limit_exceeded`
   */
  async invite(request: InviteRequest): Promise<InviteTicket> {
    const { asker, sender, roomId, details, preferences, cause } = request;
    if (request.medium !== 'email') throw new DomainError('medium_unsupported');
    const threepid = mailbox(request.address);
    await this.deps.quotas.consumeFor('lookup', asker);
    const mxid = (await this.deps.lookupService.findUsers([threepid])).get(keyOf(threepid));
    if (mxid !== undefined && (await this.deps.lookupService.isFoundByHash(request.medium, request.address)))
      throw new DomainError('threepid_in_use', {}, { mxid });
    await this.deps.quotas.consumeFor('invites', asker);

    const ephemeral = await this.deps.signer.createEphemeralKey();
    const [longTerm] = this.deps.signer.keys;
    const now = this.deps.clock.now();
    const invite: StoredInvite = {
      token: this.deps.random.text(INVITE_TOKEN_LENGTH),
      threepid,
      roomId,
      sender,
      ephemeralPublicKey: ephemeral.publicKey,
      keyId: longTerm.keyId,
      createdAt: now,
      deliveredAt: mxid === undefined ? undefined : now,
    };
    if (mxid !== undefined) {
      const job = onBindJob(threepid, mxid, invite.token, now + HAND_OVER_DELAY_MS);
      await this.deps.store.add(invite, [job], undefined, cause);
    } else {
      const link = inviteLink(invite, ephemeral.privateKey, details, request.webClient, this.options);
      await this.addWithMail(invite, { link, invite: { ...details, token: invite.token }, preferences }, cause);
    }
    return {
      token: invite.token,
      displayName: redact(threepid),
      longTermKey: longTerm.publicKey,
      ephemeralKey: ephemeral.publicKey,
    };
  }

  /**
   * Signs for a user who follows the link of an invitation, with the key from the link. Spec: POST /sign-ed25519.
   *
   * @throws DomainError `invalid_mxid`, `invite_unknown` or `invalid_public_key`
   */
  async sign(token: string, privateKey: string, mxid: string): Promise<Signed<JsonObject>> {
    if (!parseMxid(mxid)) throw new DomainError('invalid_mxid');
    const invite = await this.deps.store.get(token);
    if (!invite) throw new DomainError('invite_unknown');
    return this.deps.signer.signWith({ mxid, sender: invite.sender, token }, privateKey);
  }

  /** Whether this is the key of a stored invitation. Spec: GET /pubkey/ephemeral/isvalid. */
  hasEphemeralKey(publicKey: string): Promise<boolean> {
    return this.deps.store.hasEphemeralKey(publicKey);
  }

  /** Removes invitations that have waited longer than this. */
  expire(lifetimeMs: number): Promise<void> {
    return this.deps.store.purgeWaiting(this.deps.clock.now() - lifetimeMs);
  }

  /**
   * Delivers waiting invitations whose invitees are now known. An upstream is not queried for all waiting invitations.
   *
   * @param among only invitations to these threepids; by default all
   */
  async deliverKnown(among?: readonly Threepid[]): Promise<void> {
    const waiting = among
      ? (await this.deps.store.findWaiting(among)).map(({ threepid }) => threepid)
      : await this.deps.store.waitingThreepids();
    if (waiting.length === 0) return;
    const users = await this.deps.lookupService.findUsersLocally(waiting);
    for (const threepid of waiting) {
      const mxid = users.get(keyOf(threepid));
      if (mxid !== undefined) await this.deliver(threepid, mxid);
    }
  }

  /** Handles a `notify-bound` job: notifies the homeserver of a bound user, with or without invitations. */
  async notifyBound(threepid: Threepid, mxid: Mxid): Promise<void> {
    const handedOver = await this.deliver(threepid, mxid);
    // No notification if the user has left in the meantime.
    if (handedOver === 0 && (await this.deps.deprovisioningService.appliesTo(threepid, mxid))(this.deps.clock.now()))
      await this.deps.store.deliver([], this.deps.clock.now(), [
        onBindJob(threepid, mxid, undefined, this.deps.clock.now()),
      ]);
  }

  /**
   * Whether an invitation that was handed over for a user may still be delivered. Delivery can take a while if the
   * homeserver is down. If the user has left in the meantime, the invitation is set back to waiting until they return.
   */
  async isStillValid(inviteToken: string, threepid: Threepid, mxid: Mxid): Promise<boolean> {
    const invite = await this.deps.store.get(inviteToken);
    if (!invite || (await this.deps.deprovisioningService.appliesTo(threepid, mxid))(invite.createdAt)) return true;
    await this.deps.store.requeue(inviteToken);
    return false;
  }

  /** Records that the homeserver of the invitee has accepted an invitation. */
  confirm(inviteToken: string): Promise<void> {
    return this.deps.store.confirm(inviteToken, this.deps.clock.now());
  }

  /** Whether the homeserver of the invitee has already accepted an invitation. */
  async isConfirmed(inviteToken: string): Promise<boolean> {
    return (await this.deps.store.get(inviteToken))?.confirmedAt !== undefined;
  }

  /**
   * Ends the delivery of an invitation that its homeserver forbids if it is from a restored backup: it was delivered
   * after the backup was made. @returns whether it is from a backup
   */
  async settleRestored(inviteToken: string, reason: string): Promise<boolean> {
    if ((await this.deps.store.get(inviteToken))?.restoredAt === undefined) return false;
    await this.deps.store.markRefused(inviteToken, `delivered before the restore of a backup: ${reason}`);
    return true;
  }

  /** Records that the homeserver of the invitee has permanently refused an invitation, and why. */
  markRefused(inviteToken: string, reason: string): Promise<void> {
    return this.deps.store.markRefused(inviteToken, reason);
  }

  /** Records that mails of these invitations will never be sent. They remain pending; lists show the reason. */
  async noteUnmailed(tokens: readonly string[], reason: string): Promise<void> {
    await this.deps.store.markUnmailed(tokens, `its mail was not sent: ${reason}`);
  }

  /** Sets an invitation back to waiting after its delivery has failed for days. The next `deliverKnown` tries again. */
  waitAgain(inviteToken: string, reason: string): Promise<void> {
    return this.deps.store.requeue(inviteToken, reason);
  }

  /** The request body for a homeserver after a binding: the association, and the invitation if there is one. */
  async onBindBody(
    association: JsonObject & { readonly mxid: string },
    inviteToken: string | undefined,
  ): Promise<Signed<JsonObject>> {
    const invite = inviteToken === undefined ? undefined : await this.deps.store.get(inviteToken);
    const { signatures: _signatures, ...unsigned } = association;
    return this.deps.signer.sign({
      ...unsigned,
      invites: invite ? [await signedInvite(invite, association.mxid, this.deps.signer)] : [],
    });
  }

  /** The mails that were held back by the limit of the address, to be sent as one, the newest first. */
  async pendingMails(threepid: Threepid): Promise<readonly { readonly token: string; readonly mail: InviteMail }[]> {
    const pending = await this.deps.store.pendingMails(threepid);
    return pending.flatMap(({ token, mail }) => {
      const read = readMailPayload(mail);
      return read ? { token, mail: read } : [];
    });
  }

  /** Records that these invitations were sent in one mail, which counts as one. */
  async noteMailed(threepid: Threepid, tokens: readonly string[]): Promise<void> {
    await this.deps.store.clearPendingMails(tokens);
    await this.mailDelayMs(threepid);
  }

  /** Above the mail limit of an address, the mail is sent later, with all invitations added in the meantime. */
  private async addWithMail(invite: StoredInvite, mail: InviteMail, cause?: Cause): Promise<void> {
    const { threepid, createdAt } = invite;
    const waitMs = await this.mailDelayMs(threepid);
    const isNow = waitMs === 0;
    const job = isNow ? inviteMailJob(threepid, mail, createdAt) : inviteDigestJob(threepid, createdAt + waitMs);
    await this.deps.store.add(invite, [job], isNow ? undefined : mailPayload(mail), cause);
  }

  /** Counts one mail to an address. @returns ms until a mail may be sent; 0 if it may be sent now */
  private async mailDelayMs(threepid: Threepid): Promise<number> {
    try {
      await this.deps.quotas.consume('invites', { perAddress: mailboxKey(threepid) });
      return 0;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'limit_exceeded') throw error;
      return Number(error.details['retry_after_ms']);
    }
  }

  private async deliver(threepid: Threepid, mxid: Mxid): Promise<number> {
    const isMeant = await this.deps.deprovisioningService.appliesTo(threepid, mxid);
    const waiting = (await this.deps.store.findWaiting(mailboxSpellings(threepid))).filter(({ createdAt }) =>
      isMeant(createdAt),
    );
    const now = this.deps.clock.now();
    const tokens = waiting.map(({ token }) => token);
    // One job per invitation: if the homeserver refuses one, the others are not delayed.
    const jobs = tokens.map((token) => onBindJob(threepid, mxid, token, now));
    if (tokens.length > 0) await this.deps.store.deliver(tokens, now, jobs);
    return tokens.length;
  }
}
