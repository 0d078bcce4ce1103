import type { FollowedPepper } from '../ports/followed-pepper.js';
import type { Telemetry } from '../ports/telemetry.js';

/** Looks at the pepper of the upstream that is followed. The operator is told when that begins to fail and when it works again. */
export class PepperWatch {
  /** Why the newest look failed; `undefined` if it did not. */
  failure: string | undefined;

  constructor(
    private readonly followed: FollowedPepper,
    private readonly telemetry: Telemetry,
  ) {}

  get source(): string {
    return this.followed.name;
  }

  /** `undefined` if it cannot be learned. */
  async look(): Promise<string | undefined> {
    const { source, failure: before } = this;
    try {
      const pepper = await this.followed.current();
      this.failure = undefined;
      if (before !== undefined) this.telemetry.info('the pepper of the followed upstream is known again', { source });
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
}
