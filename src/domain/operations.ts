import type { AssociationStore } from '../ports/association-store.js';
import type { InviteStore } from '../ports/invite-store.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Binding } from './association.js';
import type { Bindings } from './bindings.js';
import type { StoredInvite } from './invite.js';
import type { Mxid } from './mxid.js';
import type { Threepid } from './threepid.js';

/** What operators see and do by hand. Whatever changes is written to the log, without addresses and tokens. */
export class Operations {
  constructor(
    private readonly inviteStore: InviteStore,
    private readonly associations: AssociationStore,
    private readonly userBindings: Bindings,
    private readonly telemetry: Telemetry,
  ) {}

  /** Every invitation, oldest first. */
  async invites(): Promise<readonly StoredInvite[]> {
    const found: StoredInvite[] = [];
    for await (const page of this.inviteStore.all()) found.push(...page);
    return found.sort((a, b) => a.createdAt - b.createdAt);
  }

  /** Makes an invitation useless: nobody signs for it, and its key is not valid any more. @returns whether there was such a one */
  async revokeInvite(token: string): Promise<boolean> {
    const invite = await this.inviteStore.get(token);
    if (!invite || !(await this.inviteStore.remove(token))) return false;
    const { roomId: room, sender } = invite;
    this.telemetry.info('an operator revoked an invitation', { room, sender });
    return true;
  }

  /** Our own bindings: of one user, of one address, or all. */
  async bindings(who?: Threepid | Mxid): Promise<readonly Binding[]> {
    if (typeof who === 'object') return this.associations.find([who]);
    const found: Binding[] = [];
    for await (const page of this.associations.all()) {
      for (const binding of page) if (who === undefined || binding.mxid === who) found.push(binding);
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
