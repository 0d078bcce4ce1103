/** A pepper and the time from which it is announced, ms since the epoch. */
export interface ScheduledPepper {
  readonly pepper: string;
  readonly announcedFrom: number;
}

/** Past, current and future peppers; shared by all instances. */
export abstract class PepperStore {
  /** All peppers, sorted by `announcedFrom`. */
  abstract all(): Promise<readonly ScheduledPepper[]>;

  /**
   * Schedules a pepper and removes those scheduled for the same time or later. If several instances that saw the same
   * last pepper add one, only one is stored.
   *
   * @param after the last pepper known to the caller; no effect if another one has been added since
   */
  abstract add(scheduled: ScheduledPepper, after: string | undefined): Promise<void>;

  /** Removes the peppers before the one that is current at `time` (ms since the epoch). */
  abstract purge(time: number): Promise<void>;
}
