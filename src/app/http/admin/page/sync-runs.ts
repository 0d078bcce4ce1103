import type { SyncOutcome } from '../../../../domain/directory-sync/directory-sync-service.js';
import type { Random } from '../../../../ports/random.js';
import { errorText } from '../../../../domain/shared/error-text.js';

const MOST = 50;

export type SyncKind = 'now' | 'dry' | 'force';

/** A sync that was started on the page. */
export interface SyncRun {
  readonly id: string;
  readonly source: string;
  readonly kind: SyncKind;
  /** How many entries it has read. */
  listed: number;
  outcome?: SyncOutcome;
  /** Why it could not be done. */
  failure?: string;
}

/** Syncs that were started on the page, until a restart. */
export class SyncRuns {
  private readonly runs = new Map<string, SyncRun>();
  private readonly closing = new Set<() => void>();

  constructor(private readonly random: Random) {}

  /** @param sync calls its argument with the number of entries that were read so far */
  start(source: string, kind: SyncKind, sync: (onProgress: (listed: number) => void) => Promise<SyncOutcome>): SyncRun {
    const run: SyncRun = { id: this.random.text(16), source, kind, listed: 0 };
    this.runs.set(run.id, run);
    for (const id of this.runs.keys()) if (this.runs.size > MOST) this.runs.delete(id);
    void sync((listed) => {
      run.listed = listed;
    }).then(
      (outcome) => {
        run.outcome = outcome;
      },
      (error: unknown) => {
        run.failure = errorText(error);
      },
    );
    return run;
  }

  find(id: string): SyncRun | undefined {
    return this.runs.get(id);
  }

  /** Calls `end` when the server stops, unless the returned function was called before. */
  onClose(end: () => void): () => void {
    this.closing.add(end);
    return () => void this.closing.delete(end);
  }

  /** Ends all streams of progress. */
  close(): void {
    for (const end of this.closing) end();
  }
}

export const isOver = ({ outcome, failure }: SyncRun): boolean => outcome !== undefined || failure !== undefined;
