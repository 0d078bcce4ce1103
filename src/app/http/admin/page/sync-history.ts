import type { SyncOutcome } from '../../../../domain/directory-sync/directory-sync-service.js';

const MOST = 20;

/** A sync of this server, since it started. Equal failures in a row are one. */
export interface PastSync {
  /** When the first and the last of them ended, ms since the epoch. */
  readonly at: number;
  readonly lastAt: number;
  readonly times: number;
  readonly outcome: SyncOutcome;
}

/** The last syncs of each source. Those that changed nothing are left out, except for the newest full one. */
export class SyncHistory {
  private readonly bySource = new Map<string, PastSync[]>();

  /** @param at ms since the epoch */
  add(outcome: SyncOutcome, at: number): void {
    const past = this.bySource.get(outcome.source) ?? [];
    const [latest] = past;
    const isRepeated = latest && summaryOf(latest.outcome) === summaryOf(outcome) && !hasChanges(outcome);
    if (isRepeated) past[0] = { ...latest, outcome, lastAt: at, times: latest.times + 1 };
    else if (outcome.isFull || outcome.refusal !== undefined || hasChanges(outcome)) {
      past.unshift({ at, lastAt: at, times: 1, outcome });
    }
    this.bySource.set(outcome.source, past.slice(0, MOST));
  }

  /** The newest first. */
  of(source: string): readonly PastSync[] {
    return this.bySource.get(source) ?? [];
  }
}

const hasChanges = ({ isApplied, added, changed, removed }: SyncOutcome): boolean =>
  isApplied && added.count + changed.count + removed.count > 0;

const summaryOf = ({ isFull, refusal, isApplied }: SyncOutcome): string => `${isFull} ${isApplied} ${refusal}`;
