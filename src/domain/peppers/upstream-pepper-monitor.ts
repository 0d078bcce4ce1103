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
      if (before !== undefined) this.telemetry.info('the pepper of the followed upstream is known again', { source });
      this.electLeader(this.followed.viaPath);
      return pepper;
    } catch (cause) {
      this.failure = cause instanceof Error ? cause.message : String(cause);
      this.telemetry.count('followed_pepper_failures', { source });
      // The words differ from look to look, by the time that was left: the newest are in the health report.
      if (before === undefined) {
        const message = 'the pepper of the followed upstream cannot be learned; the one in force stays';
        this.telemetry.warn(message, { source }, cause);
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
    const message = this.isPepperLeader
      ? 'the followed upstream follows us: our pepper is the one of both'
      : 'the followed upstream does not follow us any more: its pepper is followed';
    this.telemetry.info(message, { source });
  }
}
