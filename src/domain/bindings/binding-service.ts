import type { AssociationStore } from '../../ports/association-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Signed, Signer } from '../../ports/signer.js';
import { AMBIGUOUS } from '../associations/association.js';
import { BINDING_LIFETIME_MS } from '../associations/binding.js';
import { type Binding } from '../associations/binding.js';
import type { Cause } from '../shared/cause.js';
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

/** The maximum difference between the clocks of servers that check an association and the clock of this server. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;
/** How long a signed association is valid if its threepid comes from another source. */
const ATTESTED_MS = 24 * 60 * 60 * 1000;

export type SignedAssociation = Signed<ReturnType<typeof signable>>;

export interface BindingOptions {
  /** Whether an address may be bound although a directory assigns it to another user. */
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

/** The associations stored by this server, each proven by a validated session. */
export class BindingService {
  constructor(
    private readonly deps: BindingDependencies,
    private readonly options: BindingOptions,
  ) {}

  /**
   * Publishes the threepid of a validated session as belonging to this user. Spec: POST /3pid/bind.
   *
   * @param user the requesting user, if known: they can bind only sessions that they requested
   * @throws DomainError like `ValidationService.validated`; `not_yours` for the session of another user;
   *   `threepid_in_use` or `owner_unclear` if a directory disagrees, `owner_unreachable` if the directory cannot be
   *   queried; `user_left` for a user who is no longer in the directory, `session_not_theirs` for a session of the
   *   previous holder of the user ID
   */
  async bind(sid: string, clientSecret: string, mxid: Mxid, user?: Mxid, cause?: Cause): Promise<SignedAssociation> {
    const { threepid, openedAt, openedBy } = await this.deps.validationService.validated(sid, clientSecret);
    if (openedBy !== undefined && openedBy !== (user ?? mxid)) {
      throw new DomainError('not_yours', { message: 'The validation of this address was requested by another user' });
    }
    if (openedBy === undefined && user !== undefined) {
      const message =
        'The validation of this address was requested through version 1 of the API, without a user; please request it again through v2';
      throw new DomainError('not_yours', { message });
    }
    return this.deps.signer.sign(signable(await this.save(threepid, mxid, openedAt, cause)));
  }

  /** The same, authorised by an operator. @throws DomainError for conflicts with a directory, like `bind` */
  async bindByOperator(threepid: Threepid, mxid: Mxid, cause?: Cause): Promise<void> {
    await this.save(threepid, mxid, undefined, cause);
  }

  /**
   * Removes a threepid from a user, authorised by a session of the address holder. Removing a threepid that is not
   * bound succeeds too. Spec: POST /3pid/unbind.
   *
   * @throws DomainError like `ValidationService.validated`; `unbind_not_proven` if the session is for another address
   */
  async unbindBySession(
    threepid: Threepid,
    mxid: Mxid,
    sid: string,
    clientSecret: string,
    cause?: Cause,
  ): Promise<void> {
    const session = await this.deps.validationService.validated(sid, clientSecret);
    if (session.threepid.medium !== threepid.medium || bindingKey(session.threepid) !== bindingKey(threepid))
      throw new DomainError('unbind_not_proven');
    await this.unbind(threepid, mxid, cause);
  }

  /** The same, authorised by a homeserver. @param origin the homeserver that signed the request */
  async unbindByHomeserver(threepid: Threepid, mxid: Mxid, origin: string, cause?: Cause): Promise<void> {
    if (homeserverOf(mxid) !== origin) {
      throw new DomainError('unbind_not_proven', {
        message: `${origin} may not act for users of ${homeserverOf(mxid)}`,
      });
    }
    await this.unbind(threepid, mxid, cause);
  }

  /** The same, authorised by an operator. @returns whether there was such a binding */
  unbindByOperator(threepid: Threepid, mxid: Mxid, cause?: Cause): Promise<boolean> {
    return this.unbind(threepid, mxid, cause);
  }

  /** Signs the association of this threepid and user, as found by a lookup. Spec: v1 GET /lookup. */
  async attest(threepid: Threepid, mxid: Mxid): Promise<SignedAssociation> {
    const own = (await this.deps.store.find([threepid])).find((binding) => binding.mxid === mxid && !binding.suspended);
    return this.deps.signer.sign(signable(own ?? this.attestation(threepid, mxid)));
  }

  /** Whether the threepid is bound to this user, who has left: it then belongs to nobody for the time being. */
  async isSuspended(threepid: Threepid, mxid: Mxid): Promise<boolean> {
    return (await this.deps.store.find([threepid])).some((own) => own.mxid === mxid && own.suspended);
  }

  /**
   * Removes bindings whose `notAfter` has passed; lookups by hash find them until they are removed. Call it about every
   * minute.
   */
  async expire(): Promise<void> {
    await this.deps.store.purge(this.deps.clock.now());
    await this.deps.indexUpdater.catchUp();
  }

  /** @param provenAt when the proof was started, ms since the epoch */
  private async save(threepid: Threepid, mxid: Mxid, provenAt = Infinity, cause?: Cause): Promise<Binding> {
    const directoryStatus = await this.deps.deprovisioningService.directoryStatus(mxid);
    if (directoryStatus.kind === 'departed') throw new DomainError('user_left');
    if (directoryStatus.kind === 'active' && provenAt < (directoryStatus.since ?? 0))
      throw new DomainError('session_not_theirs');
    if (this.options.directoryOwned === 'refuse')
      for (const spelling of mailboxSpellings(threepid)) await this.refuseIfOwned(spelling, mxid);
    const now = this.deps.clock.now();
    const binding = { threepid, mxid, boundAt: now, notBefore: now, notAfter: now + BINDING_LIFETIME_MS };
    await this.deps.store.bind(binding, [notifyBoundJob(threepid, mxid, now)], cause);
    await this.deps.indexUpdater.catchUp();
    return binding;
  }

  private async unbind(threepid: Threepid, mxid: Mxid, cause?: Cause): Promise<boolean> {
    const wasBound = await this.deps.store.unbind(threepid, mxid, cause);
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
        { message: 'The directory of this organisation assigns this address to another user' },
        { mxid: owner },
      );
    }
  }
}
