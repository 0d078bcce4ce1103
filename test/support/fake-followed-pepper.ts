import type { UpstreamPepper } from '../../src/ports/upstream-pepper.js';

/** A simulated pepper of an upstream. */
export class FakeFollowedPepper implements UpstreamPepper {
  readonly name = 'partner';
  /** If set, each request rejects with this error. */
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

  /** Simulates a lookup that finds a new pepper. */
  announceNew(): void {
    if (this.pepper !== this.announced) for (const listener of this.listeners) listener();
  }
}
