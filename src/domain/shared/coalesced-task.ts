/** A task that many callers request. Those who ask while it runs share the run after it. */
export class CoalescedTask {
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(private readonly task: () => Promise<void>) {}

  /**
   * Resolves when a run has ended that began after the call: a run that is under way may already have read.
   *
   * @throws the error of that run; the next call starts a new one
   */
  run(): Promise<void> {
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        this.running = this.task();
        return this.running;
      });
    return this.next;
  }

  /** Makes the next run wait for the end of other work, successful or not. @returns the work */
  waitFor(work: Promise<void>): Promise<void> {
    this.running = work;
    return work;
  }
}
