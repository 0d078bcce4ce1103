import type { FollowedPepper } from '../../src/ports/followed-pepper.js';

/** The pepper of an upstream that is only thought of. */
export class FakeFollowedPepper implements FollowedPepper {
  readonly name = 'partner';
  /** Thrown instead of answering. */
  failure: Error | undefined;
  route: readonly string[] = [];
  private told: string | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(public pepper: string) {}

  async current(): Promise<string> {
    if (this.failure) throw this.failure;
    this.told = this.pepper;
    return this.pepper;
  }

  onChange(listener: () => void): { close(): void } {
    this.listeners.add(listener);
    return { close: () => void this.listeners.delete(listener) };
  }

  /** What a lookup does that meets the pepper. */
  meet(): void {
    if (this.pepper !== this.told) for (const listener of this.listeners) listener();
  }
}
