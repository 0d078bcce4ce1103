import type { Clock } from '../../ports/clock.js';
import type { InviteStore } from '../../ports/invite-store.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { TermsStore } from '../../ports/terms-store.js';
import type { UserIdAssignmentStore } from '../../ports/user-id-assignment-store.js';
import type { Policy } from '../accounts/policy.js';
import type { UserIdAssignment } from '../deprovisioning/user-id-assignment.js';
import { mailboxSpellings } from '../identifiers/mailbox.js';
import { keyOf } from '../identifiers/threepid.js';

/** Rows in one step, so that no transaction is long. */
const BATCH = 500;

/** How long data is kept, in ms; absent: without limit. */
export interface RetentionOptions {
  /** Invitations that a homeserver has answered, since they were handed over. */
  readonly deliveredInvites?: number;
  /** What is stored about people who left a directory, since they left. */
  readonly formerUsers?: number;
  /** Acceptances of texts that are no longer current, since they were accepted. */
  readonly formerTerms?: number;
}

export interface RetentionDependencies {
  readonly invites: InviteStore;
  readonly terms: TermsStore;
  readonly assignments: UserIdAssignmentStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Removes personal data that is no longer needed. Access tokens, sessions and bindings have purges of their own. */
export class RetentionService {
  private isClosed = false;

  /** @param policies the current ones: acceptances of their texts are kept */
  constructor(
    private readonly deps: RetentionDependencies,
    private readonly options: RetentionOptions,
    private readonly policies: readonly Policy[],
  ) {}

  /** Removes all of it, in batches. Call it about every hour. */
  async run(): Promise<void> {
    const removed = {
      invites: await this.removeInvites(),
      ...(await this.removeFormerUsers()),
      terms: await this.removeFormerTerms(),
    };
    if (Object.values(removed).every((count) => count === 0)) return;
    this.deps.telemetry.info('data past its retention time removed', { event: 'retention_applied', ...removed });
    for (const [kind, count] of Object.entries(removed)) this.deps.telemetry.count('data_removed', { kind }, count);
  }

  /** Ends a run after its current batch. */
  close(): void {
    this.isClosed = true;
  }

  private async removeInvites(): Promise<number> {
    const before = this.before(this.options.deliveredInvites);
    return this.inBatches(before, (time) => this.deps.invites.purgeDelivered(time, BATCH));
  }

  private async removeFormerTerms(): Promise<number> {
    // Without policies, the terms may only be missing from the configuration for the moment.
    if (this.policies.length === 0) return 0;
    const current = this.policies.flatMap(({ languages }) => Object.values(languages).map(({ url }) => url));
    const before = this.before(this.options.formerTerms);
    return this.inBatches(before, (time) => this.deps.terms.purge(current, time, BATCH));
  }

  private async removeFormerUsers(): Promise<{ former_users: number; bindings: number }> {
    const before = this.before(this.options.formerUsers);
    const removed = { former_users: 0, bindings: 0 };
    if (before === undefined) return removed;
    for await (const page of this.deps.assignments.departed()) {
      if (this.isClosed) break;
      const former = page.filter(({ leftAt = Infinity }) => leftAt < before);
      const { people, bindings } = await this.deps.assignments.removeDeparted(await this.notAwaited(former), before);
      removed.former_users += people;
      removed.bindings += bindings;
    }
    return removed;
  }

  /** Without those to whose addresses an invitation waits: without the record it could go to the next person. */
  private async notAwaited(former: readonly UserIdAssignment[]): Promise<readonly UserIdAssignment[]> {
    const spellingsOf = ({ addresses }: UserIdAssignment) => addresses.flatMap((address) => mailboxSpellings(address));
    const waiting = await this.deps.invites.findWaiting(former.flatMap(spellingsOf));
    const awaited = new Set(waiting.map(({ threepid }) => keyOf(threepid)));
    return former.filter((threepid) => !spellingsOf(threepid).some((address) => awaited.has(keyOf(address))));
  }

  private before(keptMs: number | undefined): number | undefined {
    return keptMs === undefined ? undefined : this.deps.clock.now() - keptMs;
  }

  private async inBatches(before: number | undefined, remove: (time: number) => Promise<number>): Promise<number> {
    let removed = 0;
    for (;;) {
      const count = before === undefined || this.isClosed ? 0 : await remove(before);
      removed += count;
      if (count < BATCH) return removed;
    }
  }
}
