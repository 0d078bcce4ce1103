/** The state of a mirror. */
export interface MirrorState {
  /** When the last applied full sync began, ms since the epoch; `undefined` if there was none. */
  readonly syncedAt: number | undefined;
  /** Whether the mirror is unchanged since the very first full sync. */
  readonly isFirst?: true;
  /** How many entries each part had. */
  readonly bases: Readonly<Record<string, number>>;
  /** Warnings about the parts, by part. Absent: none. */
  readonly warnings?: Readonly<Record<string, string>>;
  /**
   * Why the most recent attempt was not applied; `undefined` if it was. `isRejected`: the directory was read to its
   * end, at this attempt or an earlier one, and the guards rejected the result; this remains until a sync is applied.
   * `isIncremental`: an incremental sync failed; the full sync before it was good. `since`: when the first of the failed
   * attempts in a row began; absent: this is the first.
   */
  readonly failure:
    | {
        readonly at: number;
        readonly reason: string;
        readonly since?: number;
        readonly isRejected?: true;
        readonly isIncremental?: true;
      }
    | undefined;
  /** When the most recent attempt of a full sync began, ms since the epoch. */
  readonly attemptedAt: number | undefined;
  /** The cursor for incremental syncs. Absent: the directory does not support them. */
  readonly syncCursor?: string;
  /** Why the most recent incremental sync failed. Absent: it succeeded, or there was none. */
  readonly incrementalProblem?: string;
  /** When the most recent incremental sync began, ms since the epoch. Absent: none since the last full sync. */
  readonly incrementalAt?: number;
}
