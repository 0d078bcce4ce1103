import type { JobLease, JobQueue } from '../../ports/job-queue.js';

/** How often an instance renews what it has in hand, and looks whether the others did. */
export const LEASE_TICK_MS = 2_500;
/** A holder whose leases did not change in so many looks is dead: 10 to 12.5 s after its last sign. */
const LOOKS_UNTIL_DEAD = 4;

/**
 * Frees the jobs of instances that died. What counts is whether a lease changes from one look of ours
 * to the next: no clock of another machine is believed, nor ours if it jumps.
 */
export class JobLeases {
  private unchanged = new Map<string, number>();
  private readonly name: string;
  private hasLooked = false;

  /** @param holder ourselves, as `JobRequest` has it */
  constructor(
    private readonly queue: JobQueue,
    private readonly holder: string,
  ) {
    this.name = nameOf(holder);
  }

  /** To be called every `LEASE_TICK_MS`. @returns how many jobs were freed */
  async look(): Promise<number> {
    // Ours as well: what we have in hand is renewed, and what we lost sight of is not.
    const all = await this.queue.leases();
    const looks = new Map(all.map((lease) => [keyOf(lease), (this.unchanged.get(keyOf(lease)) ?? -1) + 1]));
    this.unchanged = looks;
    // Another one of our name is what we were before the last start.
    const isFormerSelf = ({ holder }: JobLease) =>
      !this.hasLooked && holder !== this.holder && nameOf(holder) === this.name;
    const dead = all.filter((lease) => isFormerSelf(lease) || (looks.get(keyOf(lease)) ?? 0) >= LOOKS_UNTIL_DEAD);
    const freed = dead.length > 0 ? await this.queue.release(dead) : 0;
    this.hasLooked = true;
    return freed;
  }
}

const nameOf = (holder: string): string => holder.slice(0, holder.lastIndexOf('/'));

const keyOf = ({ id, holder, beat }: JobLease): string => `${id} ${beat} ${holder}`;
