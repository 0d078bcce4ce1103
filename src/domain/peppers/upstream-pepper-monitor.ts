import type { UpstreamPepper } from '../../ports/upstream-pepper.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { ViaPath } from '../../ports/threepid-source.js';

/** Where a circle is left that changes while it is looked at. */
const MOST_HOPS = 10;

/** Looks at the pepper of the upstream that is followed. The operator is told when that begins to fail and when it works again. */
export class UpstreamPepperMonitor {
  /** Why the newest look failed; `undefined` if it did not. */
  failure: string | undefined;
  /** By which servers the pepper came to us, the one that made it first. */
  viaPath: ViaPath = [];
  /**
   * Whether the upstream follows us, perhaps by others, and the pepper of all of these is ours to
   * make: one has to, and each of them can tell by the names that it is the one whose name comes first.
   */
  isPepperLeader = false;

  constructor(
    private readonly followed: UpstreamPepper,
    private readonly telemetry: Telemetry,
    private readonly ownName: string,
  ) {}

  get source(): string {
    return this.followed.name;
  }

  /** `undefined` if it cannot be learned. */
  async poll(): Promise<string | undefined> {
    const { source, failure: before } = this;
    try {
      const pepper = await this.followed.current();
      this.failure = undefined;
      if (before !== undefined)
        this.telemetry.info('upstream pepper is available again', { event: 'upstream_pepper_recovered', source });
      this.electLeader(this.followed.viaPath);
      return pepper;
    } catch (cause) {
      this.failure = cause instanceof Error ? cause.message : String(cause);
      this.telemetry.count('followed_pepper_failures', { source });
      // The words differ from look to look, by the time that was left: the newest are in the health report.
      if (before === undefined) {
        const facts = { event: 'upstream_pepper_failed', source };
        this.telemetry.warn('upstream pepper is not available; the current pepper stays', facts, cause);
      }
      return undefined;
    }
  }

  private electLeader(viaPath: ViaPath): void {
    const { source, ownName, isPepperLeader: before } = this;
    const own = viaPath.lastIndexOf(ownName);
    this.isPepperLeader = own >= 0 && viaPath.slice(own).every((name) => ownName <= name);
    this.viaPath = this.isPepperLeader ? [] : viaPath.slice(-MOST_HOPS);
    if (this.isPepperLeader === before) return;
    if (this.isPepperLeader)
      this.telemetry.info('the upstream uses our pepper', { event: 'pepper_leader_gained', source });
    else this.telemetry.info('we use the pepper of the upstream', { event: 'pepper_leader_lost', source });
  }
}
