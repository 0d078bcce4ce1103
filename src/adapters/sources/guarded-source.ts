import { type Ambiguous, type Finding, isAmbiguous } from '../../domain/associations/association.js';
import type { Medium, Threepid } from '../../domain/identifiers/threepid.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { ThreepidSource } from '../../ports/threepid-source.js';
import type { ThreepidSource as OwnSource } from '../../source.js';
import { Deadline, within } from '../shared/deadline.js';
import { findingsIn } from './answer-validation.js';
import { thrownBy } from './thrown-errors.js';

/** Questions that may wait for one source; more of them would only pile up. */
const MOST_WAITING = 100;
/** After this long, a question that was never answered makes room for another. */
const GIVEN_UP_MS = 60_000;
const CLOSE_LIMIT_MS = 5_000;

export interface SourceSettings {
  readonly name: string;
  /** The module it comes from, if it has one to name when it fails. */
  readonly file?: string;
  readonly timeLimitMs: number;
  /** What it is asked for; other threepids it never sees. */
  readonly media: readonly Medium[];
  /** Whether its word forbids binding a threepid to anybody else. */
  readonly owns: boolean;
}

/**
 * A source that somebody else wrote, held to its promises: whatever it does in its own time, a
 * question ends within the limit, with an answer that can be used or an error.
 */
export class GuardedSource implements ThreepidSource {
  readonly name: string;
  readonly isAuthoritative: boolean;
  private waiting = 0;
  private readonly reported = new Set<string>();

  constructor(
    private readonly source: OwnSource,
    private readonly settings: SourceSettings,
    private readonly telemetry: Telemetry,
  ) {
    this.name = settings.name;
    this.isAuthoritative = settings.owns;
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    return this.ask(threepids.filter((threepid) => this.isAsked(threepid)));
  }

  /** Of media that it is not asked for, whose it says they are: nobody else may have them. */
  async findWithheld(threepids: readonly Threepid[]): Promise<readonly Ambiguous[]> {
    // It need not understand media that it is not asked for.
    const findings = await this.ask(threepids.filter((threepid) => !this.isAsked(threepid))).catch(() => []);
    return findings.map((finding) =>
      isAmbiguous(finding) ? finding : { threepid: finding.threepid, claimants: [finding.mxid], owner: finding.mxid },
    );
  }

  private isAsked({ medium }: Threepid): boolean {
    return this.settings.media.includes(medium);
  }

  private async ask(asked: readonly Threepid[]): Promise<readonly Finding[]> {
    if (asked.length === 0) return [];
    if (this.waiting >= MOST_WAITING) throw new Error(`${MOST_WAITING} questions are unanswered, no more are asked`);
    // It may do with them what it likes: they are others than those that go on to the next source.
    const copies = asked.map((threepid) => ({ ...threepid }));
    const answer = await within(new Deadline(this.settings.timeLimitMs), (signal) =>
      this.counted(async () => this.source.find(copies, signal)),
    );
    return findingsIn(answer, asked, (reason) => this.odd(reason));
  }

  /** Counts what cannot be used, and says each kind of it once. */
  odd(reason: string): void {
    this.telemetry.count('source_invalid_answers', { source: this.name });
    if (this.reported.has(reason)) return;
    this.reported.add(reason);
    this.telemetry.warn('source gave an invalid answer, ignored', {
      event: 'source_invalid_answer',
      source: this.name,
      reason,
    });
  }

  async close(): Promise<void> {
    try {
      await within(new Deadline(CLOSE_LIMIT_MS), async () => this.source.close?.());
    } catch (cause) {
      this.telemetry.warn('source did not close', { event: 'source_not_closed', source: this.name }, cause);
    }
  }

  private async counted<T>(work: () => Promise<T>): Promise<T> {
    let isWaiting = true;
    const done = (): void => {
      if (isWaiting) this.waiting -= 1;
      isWaiting = false;
    };
    this.waiting += 1;
    const timer = setTimeout(done, GIVEN_UP_MS).unref();
    try {
      return await work();
    } catch (thrown) {
      throw thrownBy(thrown);
    } finally {
      clearTimeout(timer);
      done();
    }
  }
}
