import type { AssociationStore } from '../ports/association-store.js';
import type { InviteStore } from '../ports/invite-store.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Binding } from './association.js';
import type { Bindings } from './bindings.js';
import type { StoredInvite } from './invite.js';
import type { Leaver, Leavers } from './leavers.js';
import type { Mxid } from './mxid.js';
import { keyOf, type Threepid } from './threepid.js';

/** An invitation, and for whom alone it waits if that is somebody who left. */
export interface ListedInvite extends StoredInvite {
  readonly suspended?: Leaver;
}

/** What operators see and do by hand. Whatever changes is written to the log, without addresses and tokens. */
export class Operations {
  constructor(
    private readonly inviteStore: InviteStore,
    private readonly associations: AssociationStore,
    private readonly userBindings: Bindings,
    private readonly leavers: Leavers,
    private readonly telemetry: Telemetry,
  ) {}

  /** Every invitation, oldest first. */
  async invites(): Promise<readonly ListedInvite[]> {
    const found: StoredInvite[] = [];
    for await (const page of this.inviteStore.all()) found.push(...page);
    const waiting = found.flatMap(({ threepid, deliveredAt }) => (deliveredAt === undefined ? threepid : []));
    const leavers = await this.leavers.formerOwners(waiting);
    return found
      .sort((a, b) => a.createdAt - b.createdAt)
      .map((invite) => {
        const suspended = invite.deliveredAt === undefined ? leavers.get(keyOf(invite.threepid)) : undefined;
        return suspended ? { ...invite, suspended } : invite;
      });
  }

  /** Makes an invitation useless: nobody signs for it, and its key is not valid any more. @returns whether there was such a one */
  async revokeInvite(token: string): Promise<boolean> {
    const invite = await this.inviteStore.get(token);
    if (!invite || !(await this.inviteStore.remove(token))) return false;
    const { roomId: room, sender } = invite;
    this.telemetry.info('an operator revoked an invitation', { room, sender });
    return true;
  }

  /** Our own bindings, or the suspended ones alone: of one user, of one address, or all. */
  async bindings(who?: Threepid | Mxid, { onlySuspended = false } = {}): Promise<readonly Binding[]> {
    const isWanted = ({ suspended }: Binding) => !onlySuspended || suspended !== undefined;
    if (typeof who === 'object') return (await this.associations.find([who])).filter(isWanted);
    const found: Binding[] = [];
    for await (const page of this.associations.all()) {
      for (const binding of page) {
        if (isWanted(binding) && (who === undefined || binding.mxid === who)) found.push(binding);
      }
    }
    return found;
  }

  /** @throws Refused as `Bindings.bindByOperator` does */
  async bind(threepid: Threepid, mxid: Mxid): Promise<void> {
    await this.userBindings.bindByOperator(threepid, mxid);
    this.telemetry.info('an operator bound an address', { medium: threepid.medium, mxid });
  }

  /** @returns whether there was such a binding */
  async unbind(threepid: Threepid, mxid: Mxid): Promise<boolean> {
    const wasBound = await this.userBindings.unbindByOperator(threepid, mxid);
    if (wasBound) this.telemetry.info('an operator unbound an address', { medium: threepid.medium, mxid });
    return wasBound;
  }
}
