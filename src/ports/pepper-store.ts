/** A pepper and the time from which it is the one announced, ms since the epoch. */
export interface ScheduledPepper {
  readonly pepper: string;
  readonly announcedFrom: number;
}

/** The peppers that are announced, were, or will be; shared by all instances. */
export abstract class PepperStore {
  /** In the order of `announcedFrom`. */
  abstract all(): Promise<readonly ScheduledPepper[]>;

  /**
   * Schedules a pepper; those of its time and later give way to it. Of several that are added by
   * instances that all saw the same last pepper, one stays.
   *
   * @param after the last pepper the caller knew; nothing happens if another has been added since
   */
  abstract add(scheduled: ScheduledPepper, after: string | undefined): Promise<void>;

  /** Removes those that were announced before the last one that `time` (ms since the epoch) is not before. */
  abstract purge(time: number): Promise<void>;
}
