import type { JobLease, JobQueue } from '../../ports/job-queue.js';

/** How often an instance renews its leases and checks the leases of the other instances. */
export const LEASE_TICK_MS = 2_500;
/**
 * A holder is considered dead after this many checks without a change of its leases: 10 to 12.5 s after its last sign
 * of life.
 */
const LOOKS_UNTIL_DEAD = 4;

/**
 * Releases the jobs of instances that died. The only criterion is whether a lease changes between two checks of this
 * instance. This needs no clock of another machine, and jumps of the local clock do no harm.
 */
export class JobLeases {
  private unchanged = new Map<string, number>();
  private readonly name: string;
  private hasLooked = false;

  /** @param holder this instance, as in `JobRequest` */
  constructor(
    private readonly queue: JobQueue,
    private readonly holder: string,
  ) {
    this.name = nameOf(holder);
  }

  /** Must be called every `LEASE_TICK_MS`. @returns how many jobs were released */
  async look(): Promise<number> {
    // This includes the leases of this instance: running jobs are renewed, and lost ones are not.
    const all = await this.queue.leases();
    const looks = new Map(all.map((lease) => [keyOf(lease), (this.unchanged.get(keyOf(lease)) ?? -1) + 1]));
    this.unchanged = looks;
    // A different holder with the same name is this instance before its last restart.
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
