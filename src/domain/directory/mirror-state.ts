/** What is known of a mirror as a whole. */
export interface MirrorState {
  /** When the last good listing began, ms since the epoch; `undefined` if there was none. */
  readonly syncedAt: number | undefined;
  /** Whether the mirror is as the first good listing of all left it. */
  readonly isFirst?: true;
  /** How many entries each part of it had. */
  readonly bases: Readonly<Record<string, number>>;
  /** What is odd about them, by part. Absent: nothing. */
  readonly warnings?: Readonly<Record<string, string>>;
  /**
   * Why the newest attempt was not applied; `undefined` if it was. `isSuspect`: the directory was
   * read to its end, at this attempt or at one before it, and what it gave is not believed until a
   * sync is applied. `isOfChanges`: everything was read well before.
   */
  readonly failure:
    | { readonly at: number; readonly reason: string; readonly isRejected?: true; readonly isIncremental?: true }
    | undefined;
  /** When the newest attempt to read everything began, ms since the epoch. */
  readonly attemptedAt: number | undefined;
  /** From where the directory can say what changed. Absent: it cannot. */
  readonly syncCursor?: string;
  /** Why the directory did not say what changed when it was asked last. Absent: it did, or was not asked. */
  readonly incrementalProblem?: string;
  /** When it was asked for changes last, ms since the epoch. Absent: not since everything was read. */
  readonly incrementalAt?: number;
}
