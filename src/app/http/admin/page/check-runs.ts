import type { Clock } from '../../../../ports/clock.js';
import { errorText } from '../../../../domain/shared/error-text.js';

/** One result of `islet doctor`. */
export interface CheckResult {
  readonly area: string;
  readonly state: 'ok' | 'warning' | 'failure' | 'skipped';
  readonly words: string;
  readonly fix?: string;
}

export interface CheckRun {
  /** ms since the epoch */
  readonly at: number;
  readonly found: readonly CheckResult[];
}

/** Runs the checks of `islet doctor`, one run at a time, and keeps the newest result. */
export class CheckRuns {
  latest: CheckRun | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly runChecks: () => Promise<readonly CheckResult[]>,
    private readonly clock: Clock,
  ) {}

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Starts a run unless there is one. */
  start(): void {
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
  }

  private async run(): Promise<void> {
    const at = this.clock.now();
    const failed = (error: unknown): readonly CheckResult[] => [
      { area: 'checks', state: 'failure', words: errorText(error) },
    ];
    const found = await this.runChecks().catch(failed);
    this.latest = { at, found };
  }
}
