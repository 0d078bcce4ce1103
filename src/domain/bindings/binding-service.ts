import type { AssociationStore } from '../../ports/association-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Signed, Signer } from '../../ports/signer.js';
import { AMBIGUOUS } from '../associations/association.js';
import { BINDING_LIFETIME_MS } from '../associations/binding.js';
import { type Binding } from '../associations/binding.js';
import { DomainError } from '../shared/errors.js';
import type { IndexUpdater } from '../hash-index/index-updater.js';
import { notifyBoundJob } from '../invites/invite-jobs.js';
import type { DeprovisioningService } from '../deprovisioning/deprovisioning-service.js';
import type { LookupService } from '../lookup/lookup-service.js';
import { homeserverOf, type Mxid } from '../identifiers/mxid.js';
import type { ValidationService } from '../validation/validation-service.js';
import { signable } from './signed-association.js';
import { bindingKey, mailboxSpellings } from '../identifiers/mailbox.js';
import type { Threepid } from '../identifiers/threepid.js';

/** Clocks of those who check an association differ from ours by no more than this. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;
/** How long our word about an address that somebody else keeps is good. */
const ATTESTED_MS = 24 * 60 * 60 * 1000;

export type SignedAssociation = Signed<ReturnType<typeof signable>>;

export interface BindingOptions {
  /** Whether an address may be bound although a directory gives it to somebody else. */
  readonly directoryOwned: 'refuse' | 'allow';
}

export interface BindingDependencies {
  readonly store: AssociationStore;
  readonly validationService: ValidationService;
  readonly lookupService: LookupService;
  readonly deprovisioningService: DeprovisioningService;
  readonly indexUpdater: IndexUpdater;
  readonly signer: Signer;
  readonly clock: Clock;
}

/** Our own associations, each proven by a validated session. */
export class BindingService {
  constructor(
    private readonly deps: BindingDependencies,
    private readonly options: BindingOptions,
  ) {}

  /**
   * Publishes the threepid of a validated session as this user's. Spec: POST /3pid/bind.
   *
   * @param user who asks, where that is known: they bind only sessions that they have asked for
   * @throws DomainError as `Sessions.validated` does; `not_yours` for the session of another user; `threepid_in_use` or `owner_unclear` where a
   *   directory says otherwise, `owner_unreachable` where it cannot be asked; `user_left` for a user
   *   whom a directory knows no longer, `session_not_theirs` for a session of who had the name before
   */
  async bind(sid: string, clientSecret: string, mxid: Mxid, user?: Mxid): Promise<SignedAssociation> {
    const { threepid, openedAt, openedBy } = await this.deps.validationService.validated(sid, clientSecret);
    if (openedBy !== undefined && openedBy !== (user ?? mxid)) {
      throw new DomainError('not_yours', { message: 'Another user has asked for the validation of this address' });
    }
    if (openedBy === undefined && user !== undefined) {
      const message =
        'Nobody is known to have asked for the validation of this address, which came by version 1 of the API; please ask for it again by v2';
      throw new DomainError('not_yours', { message });
    }
    return this.deps.signer.sign(signable(await this.save(threepid, mxid, openedAt)));
  }

  /** The same on the word of an operator. @throws DomainError for what a directory says of address and user, as `bind` does */
  async bindByOperator(threepid: Threepid, mxid: Mxid): Promise<void> {
    await this.save(threepid, mxid);
  }

  /**
   * Removes a threepid from a user, on the word of whoever still holds the address. Removing what is
   * not bound is right, too. Spec: POST /3pid/unbind.
   *
   * @throws DomainError as `Sessions.validated` does; `unbind_not_proven` if it is another address
   */
  async unbindBySession(threepid: Threepid, mxid: Mxid, sid: string, clientSecret: string): Promise<void> {
    const session = await this.deps.validationService.validated(sid, clientSecret);
    if (session.threepid.medium !== threepid.medium || bindingKey(session.threepid) !== bindingKey(threepid))
      throw new DomainError('unbind_not_proven');
    await this.unbind(threepid, mxid);
  }

  /** The same on the word of a homeserver. @param origin the homeserver that signed the request */
  async unbindByHomeserver(threepid: Threepid, mxid: Mxid, origin: string): Promise<void> {
    if (homeserverOf(mxid) !== origin) {
      throw new DomainError('unbind_not_proven', {
        message: `${origin} does not speak for users of ${homeserverOf(mxid)}`,
      });
    }
    await this.unbind(threepid, mxid);
  }

  /** The same on the word of an operator. @returns whether there was such a binding */
  unbindByOperator(threepid: Threepid, mxid: Mxid): Promise<boolean> {
    return this.unbind(threepid, mxid);
  }

  /** Our signed word that this user is behind this threepid, as a lookup found. Spec: v1 GET /lookup. */
  async attest(threepid: Threepid, mxid: Mxid): Promise<SignedAssociation> {
    const own = (await this.deps.store.find([threepid])).find((binding) => binding.mxid === mxid && !binding.suspended);
    return this.deps.signer.sign(signable(own ?? this.attestation(threepid, mxid)));
  }

  /** Whether this is bound to this user, who has left: then it is nobody's for now. */
  async isSuspended(threepid: Threepid, mxid: Mxid): Promise<boolean> {
    return (await this.deps.store.find([threepid])).some((own) => own.mxid === mxid && own.suspended);
  }

  /** Removes what is past its `notAfter`; by hash it is found until then. To be called every minute or so. */
  async expire(): Promise<void> {
    await this.deps.store.purge(this.deps.clock.now());
    await this.deps.indexUpdater.catchUp();
  }

  /** @param provenAt when the proof was begun, ms since the epoch */
  private async save(threepid: Threepid, mxid: Mxid, provenAt = Infinity): Promise<Binding> {
    const directoryStatus = await this.deps.deprovisioningService.directoryStatus(mxid);
    if (directoryStatus.kind === 'departed') throw new DomainError('user_left');
    if (directoryStatus.kind === 'active' && provenAt < (directoryStatus.since ?? 0))
      throw new DomainError('session_not_theirs');
    if (this.options.directoryOwned === 'refuse')
      for (const spelling of mailboxSpellings(threepid)) await this.refuseIfOwned(spelling, mxid);
    const now = this.deps.clock.now();
    const binding = { threepid, mxid, boundAt: now, notBefore: now, notAfter: now + BINDING_LIFETIME_MS };
    await this.deps.store.bind(binding, [notifyBoundJob(threepid, mxid, now)]);
    await this.deps.indexUpdater.catchUp();
    return binding;
  }

  private async unbind(threepid: Threepid, mxid: Mxid): Promise<boolean> {
    const wasBound = await this.deps.store.unbind(threepid, mxid);
    if (wasBound) await this.deps.indexUpdater.catchUp();
    return wasBound;
  }

  private attestation(threepid: Threepid, mxid: Mxid): Binding {
    const now = this.deps.clock.now();
    return { threepid, mxid, boundAt: now, notBefore: now - CLOCK_SKEW_MS, notAfter: now + ATTESTED_MS };
  }

  private async refuseIfOwned(threepid: Threepid, mxid: Mxid): Promise<void> {
    const owner = await this.deps.lookupService.findAuthoritativeOwner(threepid).catch((cause: unknown) => {
      throw new DomainError('owner_unreachable', { cause });
    });
    if (owner === AMBIGUOUS) throw new DomainError('owner_unclear');
    if (owner !== undefined && owner !== mxid) {
      throw new DomainError(
        'threepid_in_use',
        { message: 'The directory of this organisation gives this address to another user' },
        { mxid: owner },
      );
    }
  }
}
