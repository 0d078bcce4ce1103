import { type Ambiguous, type Finding, isAmbiguous } from '../../domain/associations/association.js';
import type { Medium, Threepid } from '../../domain/identifiers/threepid.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { ThreepidSource } from '../../ports/threepid-source.js';
import type { ThreepidSource as OwnSource } from '../../source.js';
import { Deadline, within } from '../shared/deadline.js';
import type { SearchAttributes } from '../shared/search-text.js';
import { findingsIn } from './answer-validation.js';
import { thrownBy } from './thrown-errors.js';

/** Maximum number of requests in flight to one source. */
const MOST_WAITING = 100;
/** After this time, a request without an answer no longer counts as in flight. */
const GIVEN_UP_MS = 60_000;
const CLOSE_LIMIT_MS = 5_000;

export interface SourceSettings {
  readonly name: string;
  /** The file of its module, for error messages. */
  readonly file?: string;
  readonly timeLimitMs: number;
  /** The media it supports. It never receives other threepids. */
  readonly media: readonly Medium[];
  /** Whether it is authoritative: threepids it knows cannot be bound to other users. */
  readonly owns: boolean;
  /** How its people are found by name. Absent: no search text is stored. */
  readonly search?: SearchAttributes | undefined;
}

/**
 * Wraps an external source and enforces the contract: every request ends within the time limit with a valid answer or
 * an error, even if the source itself continues to run.
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

  /** Threepids of other media that the source claims for a user. They must not be bound to others. */
  async findWithheld(threepids: readonly Threepid[]): Promise<readonly Ambiguous[]> {
    // It need not support media that are not configured.
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
    if (this.waiting >= MOST_WAITING) throw new Error(`${MOST_WAITING} queries are still unanswered: no more are sent`);
    // Copies: the source may modify them, and the originals go on to the next source.
    const copies = asked.map((threepid) => ({ ...threepid }));
    const answer = await within(new Deadline(this.settings.timeLimitMs), (signal) =>
      this.counted(async () => this.source.find(copies, signal)),
    );
    return findingsIn(answer, asked, (reason) => this.noteInvalid(reason));
  }

  /** Counts an unusable value, and logs each reason once. */
  noteInvalid(reason: string): void {
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
      this.telemetry.warn('source could not be closed', { event: 'source_not_closed', source: this.name }, cause);
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
