import type { AssociationStore } from '../ports/association-store.js';
import type { Clock } from '../ports/clock.js';
import type { Signed, Signer } from '../ports/signer.js';
import { BINDING_LIFETIME_MS, type Binding, CONTESTED } from './association.js';
import { Refused } from './errors.js';
import type { IndexKeeper } from './index-keeper.js';
import { welcomeJob } from './invites.js';
import type { Leavers } from './leavers.js';
import type { Lookups } from './lookups.js';
import { homeserverOf, type Mxid } from './mxid.js';
import type { Sessions } from './sessions.js';
import { signable } from './signable.js';
import { sameThreepid, type Threepid } from './threepid.js';

/** Clocks of those who check an association differ from ours by no more than this. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;
/** How long our word about an address that somebody else keeps is good. */
const ATTESTED_MS = 24 * 60 * 60 * 1000;

export type SignedAssociation = Signed<ReturnType<typeof signable>>;

export interface BindingOptions {
  /** Whether an address may be bound although a directory gives it to somebody else. */
  readonly directoryOwned: 'refuse' | 'allow';
}

/** Our own associations, each proven by a validated session. */
export class Bindings {
  constructor(
    private readonly store: AssociationStore,
    private readonly sessions: Sessions,
    private readonly lookups: Lookups,
    private readonly leavers: Leavers,
    private readonly keeper: IndexKeeper,
    private readonly signer: Signer,
    private readonly clock: Clock,
    private readonly options: BindingOptions,
  ) {}

  /**
   * Publishes the threepid of a validated session as this user's. Spec: POST /3pid/bind.
   *
   * @throws Refused as `Sessions.validated` does; `threepid_in_use` or `owner_unclear` where a
   *   directory says otherwise, `owner_unreachable` where it cannot be asked; `user_left` for a user
   *   whom a directory knows no longer, `session_not_theirs` for a session of who had the name before
   */
  async bind(sid: string, clientSecret: string, mxid: Mxid): Promise<SignedAssociation> {
    const { threepid, openedAt } = await this.sessions.validated(sid, clientSecret);
    return this.signer.sign(signable(await this.save(threepid, mxid, openedAt)));
  }

  /** The same on the word of an operator. @throws Refused for what a directory says of address and user, as `bind` does */
  async bindByOperator(threepid: Threepid, mxid: Mxid): Promise<void> {
    await this.save(threepid, mxid);
  }

  /**
   * Removes a threepid from a user, on the word of whoever still holds the address. Removing what is
   * not bound is right, too. Spec: POST /3pid/unbind.
   *
   * @throws Refused as `Sessions.validated` does; `unbind_not_proven` if it is another address
   */
  async unbindBySession(threepid: Threepid, mxid: Mxid, sid: string, clientSecret: string): Promise<void> {
    const session = await this.sessions.validated(sid, clientSecret);
    if (!sameThreepid(session.threepid, threepid)) throw new Refused('unbind_not_proven');
    await this.unbind(threepid, mxid);
  }

  /** The same on the word of a homeserver. @param origin the homeserver that signed the request */
  async unbindByHomeserver(threepid: Threepid, mxid: Mxid, origin: string): Promise<void> {
    if (homeserverOf(mxid) !== origin) {
      throw new Refused('unbind_not_proven', {
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
    const own = (await this.store.find([threepid])).find((binding) => binding.mxid === mxid && !binding.suspended);
    return this.signer.sign(signable(own ?? this.attestation(threepid, mxid)));
  }

  /** Whether this is bound to this user, who has left: then it is nobody's for now. */
  async isSuspended(threepid: Threepid, mxid: Mxid): Promise<boolean> {
    return (await this.store.find([threepid])).some((own) => own.mxid === mxid && own.suspended);
  }

  /** Removes what is past its `notAfter`; by hash it is found until then. To be called every minute or so. */
  async expire(): Promise<void> {
    await this.store.purge(this.clock.now());
    await this.keeper.catchUp();
  }

  /** @param provenAt when the proof was begun, ms since the epoch */
  private async save(threepid: Threepid, mxid: Mxid, provenAt = Infinity): Promise<Binding> {
    const standing = await this.leavers.standing(mxid);
    if (standing.kind === 'left') throw new Refused('user_left');
    if (standing.kind === 'here' && provenAt < (standing.since ?? 0)) throw new Refused('session_not_theirs');
    if (this.options.directoryOwned === 'refuse') await this.refuseIfOwned(threepid, mxid);
    const now = this.clock.now();
    const binding = { threepid, mxid, boundAt: now, notBefore: now, notAfter: now + BINDING_LIFETIME_MS };
    await this.store.bind(binding, [welcomeJob(threepid, mxid, now)]);
    await this.keeper.catchUp();
    return binding;
  }

  private async unbind(threepid: Threepid, mxid: Mxid): Promise<boolean> {
    const wasBound = await this.store.unbind(threepid, mxid);
    if (wasBound) await this.keeper.catchUp();
    return wasBound;
  }

  private attestation(threepid: Threepid, mxid: Mxid): Binding {
    const now = this.clock.now();
    return { threepid, mxid, boundAt: now, notBefore: now - CLOCK_SKEW_MS, notAfter: now + ATTESTED_MS };
  }

  private async refuseIfOwned(threepid: Threepid, mxid: Mxid): Promise<void> {
    const owner = await this.lookups.owner(threepid).catch((cause: unknown) => {
      throw new Refused('owner_unreachable', { cause });
    });
    if (owner === CONTESTED) throw new Refused('owner_unclear');
    if (owner !== undefined && owner !== mxid) {
      throw new Refused(
        'threepid_in_use',
        { message: 'The directory of this organisation gives this address to another user' },
        { mxid: owner },
      );
    }
  }
}
