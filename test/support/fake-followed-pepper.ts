import type { UpstreamPepper } from '../../src/ports/upstream-pepper.js';

/** The pepper of an upstream that is only thought of. */
export class FakeFollowedPepper implements UpstreamPepper {
  readonly name = 'partner';
  /** Thrown instead of answering. */
  failure: Error | undefined;
  viaPath: readonly string[] = [];
  private announced: string | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(public pepper: string) {}

  async current(): Promise<string> {
    if (this.failure) throw this.failure;
    this.announced = this.pepper;
    return this.pepper;
  }

  onChange(listener: () => void): { close(): void } {
    this.listeners.add(listener);
    return { close: () => void this.listeners.delete(listener) };
  }

  /** What a lookup does that meets the pepper. */
  meet(): void {
    if (this.pepper !== this.announced) for (const listener of this.listeners) listener();
  }
}
