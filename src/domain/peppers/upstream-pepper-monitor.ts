import type { UpstreamPepper } from '../../ports/upstream-pepper.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { ViaPath } from '../../ports/threepid-source.js';
import { errorText } from '../shared/error-text.js';

/** The maximum length of `viaPath`: it would grow without limit in a circle whose members change. */
const MOST_HOPS = 10;

/** Polls the pepper of the followed upstream. Logs when polling starts to fail and when it works again. */
export class UpstreamPepperMonitor {
  /** Why the last poll failed; `undefined` if it succeeded. */
  failure: string | undefined;
  /** The servers through which the pepper came, the one that created it first. */
  viaPath: ViaPath = [];
  /**
   * Whether the upstream follows this server, directly or through others, and this server creates the pepper for all of
   * them. Exactly one server of a circle must do so: the one whose name sorts first.
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

  /** `undefined` if the pepper cannot be obtained. */
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
      this.failure = errorText(cause);
      this.telemetry.count('followed_pepper_failures', { source });
      // Logged only once: the message differs between polls because it contains the remaining time. The health report
      // has the latest one.
      if (before === undefined) {
        const facts = { event: 'upstream_pepper_failed', source };
        this.telemetry.warn('upstream pepper is not available; the current pepper is kept', facts, cause);
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
      this.telemetry.info('the upstream uses the pepper of Islet', { event: 'pepper_leader_gained', source });
    else this.telemetry.info('Islet uses the pepper of the upstream', { event: 'pepper_leader_lost', source });
  }
}
