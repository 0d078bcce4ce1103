import type { AccountStore, SignIn } from '../../ports/account-store.js';
import type { AssociationStore } from '../../ports/association-store.js';
import type { AuditEntry, AuditLog, NewAuditEntry } from '../../ports/audit-log.js';
import type { InviteStore } from '../../ports/invite-store.js';
import type { JobQueue } from '../../ports/job-queue.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { Binding } from '../associations/binding.js';
import type { BindingService } from '../bindings/binding-service.js';
import type { Job } from '../jobs/job.js';
import type { StoredInvite } from '../invites/invite.js';
import type { FormerUser, DeprovisioningService } from '../deprovisioning/deprovisioning-service.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Cause } from '../shared/cause.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

/** An invitation. If its address belonged to a user who has left, it can be delivered only to that user. */
export interface ListedInvite extends StoredInvite {
  readonly suspended?: FormerUser;
  /** The state of the delivery job to the homeserver, or, for a waiting invitation, of its mail job. */
  readonly delivery?: InviteDelivery;
}

export interface InviteDelivery {
  /** How often it was attempted. */
  readonly attempts: number;
  /** ms since the epoch. */
  readonly nextAt: number;
  readonly failure?: string;
}

export interface AdminDependencies {
  readonly inviteStore: InviteStore;
  readonly jobQueue: JobQueue;
  readonly associations: AssociationStore;
  readonly userBindings: BindingService;
  readonly signIns: AccountStore;
  readonly deprovisioningService: DeprovisioningService;
  readonly audit: AuditLog;
  readonly telemetry: Telemetry;
}

/** The maximum number of entries of the audit trail that are shown at once. */
const MOST_ENTRIES = 10_000;

/** Operations for operators. Every change is logged, without addresses and tokens. */
export class AdminService {
  constructor(private readonly deps: AdminDependencies) {}

  /** All invitations, oldest first. */
  async invites(): Promise<readonly ListedInvite[]> {
    const found: StoredInvite[] = [];
    for await (const page of this.deps.inviteStore.all()) found.push(...page);
    const waiting = found.flatMap(({ threepid, deliveredAt }) => (deliveredAt === undefined ? threepid : []));
    const formerOwners = await this.deps.deprovisioningService.formerOwners(waiting);
    const deliveries = await this.deliveries();
    return found
      .sort((a, b) => a.createdAt - b.createdAt)
      .map((invite) => {
        const suspended = invite.deliveredAt === undefined ? formerOwners.get(keyOf(invite.threepid)) : undefined;
        const kind = invite.deliveredAt === undefined ? 'invite-mail' : 'onbind';
        const delivery = invite.confirmedAt === undefined ? deliveries.get(`${kind} ${invite.token}`) : undefined;
        return { ...invite, ...(suspended && { suspended }), ...(delivery && { delivery }) };
      });
  }

  /** By the kind of job and the token of the invitation. */
  private async deliveries(): Promise<ReadonlyMap<string, InviteDelivery>> {
    const deliveries = new Map<string, InviteDelivery>();
    const note = (token: string | null | undefined, { kind, attempts, runAt, failure }: Job) => {
      const delivery = { attempts, nextAt: runAt, ...(failure !== undefined && { failure }) };
      if (typeof token === 'string') deliveries.set(`${kind} ${token}`, delivery);
    };
    for await (const page of this.deps.jobQueue.list('onbind')) for (const job of page) note(job.payload.invite, job);
    for await (const page of this.deps.jobQueue.list('invite-mail')) {
      for (const job of page) note(job.payload.token, job);
    }
    return deliveries;
  }

  /**
   * Revokes an invitation: it can no longer be signed for, and its key is no longer valid. @returns whether it existed
   */
  async revokeInvite(token: string, cause: Cause): Promise<boolean> {
    const invite = await this.deps.inviteStore.get(token);
    if (!invite || !(await this.deps.inviteStore.remove(token, cause))) return false;
    const { roomId: room, sender } = invite;
    this.deps.telemetry.info('invitation revoked by an operator', { event: 'admin_invite_revoked', room, sender });
    return true;
  }

  /** The bindings stored by this server, optionally only the suspended ones: of one user, of one address, or all. */
  async bindings(who?: Threepid | Mxid, { onlySuspended = false } = {}): Promise<readonly Binding[]> {
    const isWanted = ({ suspended }: Binding) => !onlySuspended || suspended !== undefined;
    if (typeof who === 'object') return (await this.deps.associations.find([who])).filter(isWanted);
    const found: Binding[] = [];
    for await (const page of this.deps.associations.all()) {
      for (const binding of page) {
        if (isWanted(binding) && (who === undefined || binding.mxid === who)) found.push(binding);
      }
    }
    return found;
  }

  /** The sign-ins of one user, or of all users. The tokens themselves are not stored. */
  async signIns(mxid?: Mxid): Promise<readonly SignIn[]> {
    if (mxid !== undefined) return this.deps.signIns.ofUser(mxid);
    const found: SignIn[] = [];
    for await (const page of this.deps.signIns.all()) found.push(...page);
    return found.sort((a, b) => (a.mxid === b.mxid ? b.usedAt - a.usedAt : a.mxid < b.mxid ? -1 : 1));
  }

  /** Removes all access tokens of a user. @returns how many there were */
  async endSignIns(mxid: Mxid, cause: Cause): Promise<number> {
    const count = await this.deps.signIns.removeOf([mxid], undefined, cause);
    if (count > 0) {
      this.deps.telemetry.info('access tokens revoked by an operator', { event: 'admin_tokens_ended', mxid, count });
    }
    return count;
  }

  /** The newest entries of the audit trail, oldest first. @param since ms since the epoch */
  async audit(who?: Threepid | Mxid, since?: number): Promise<readonly AuditEntry[]> {
    return this.deps.audit.find({ who, since, limit: MOST_ENTRIES });
  }

  /** Records what an operator did that changes no person's data by itself. */
  async note(entry: NewAuditEntry, cause: Cause): Promise<void> {
    await this.deps.audit.add([entry], cause);
  }

  /** @throws DomainError like `BindingService.bindByOperator` */
  async bind(threepid: Threepid, mxid: Mxid, cause: Cause): Promise<void> {
    await this.deps.userBindings.bindByOperator(threepid, mxid, cause);
    this.deps.telemetry.info('address bound by an operator', { event: 'admin_bound', medium: threepid.medium, mxid });
  }

  /** @returns whether there was such a binding */
  async unbind(threepid: Threepid, mxid: Mxid, cause: Cause): Promise<boolean> {
    const wasBound = await this.deps.userBindings.unbindByOperator(threepid, mxid, cause);
    if (wasBound) {
      const facts = { event: 'admin_unbound', medium: threepid.medium, mxid };
      this.deps.telemetry.info('address unbound by an operator', facts);
    }
    return wasBound;
  }
}
