import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamPepper } from '../../src/ports/upstream-pepper.js';

/** An upstream that the test controls. */
export interface Upstream {
  readonly followed: UpstreamPepper;
  change(pepper: string): void;
  /** Makes its answers fail, or work again. */
  break(isBroken: boolean): void;
  /** A lookup of a client that has the pepper from Islet. */
  lookUp(pepper: string): Promise<unknown>;
  close(): Promise<unknown>;
}

/** What every UpstreamPepper promises. */
export function upstreamPepperContract(open: (pepper: string) => Promise<Upstream>): void {
  describe('UpstreamPepper contract', () => {
    let upstream: Upstream;
    let calls: number;
    let listening: { close(): void };

    beforeEach(async () => {
      upstream = await open('first');
      calls = 0;
      listening = upstream.followed.onChange(() => calls++);
    });
    afterEach(() => upstream.close());

    it('is the pepper of the upstream, read at each call', async () => {
      expect(await upstream.followed.current()).toBe('first');
      upstream.change('second');
      expect(await upstream.followed.current()).toBe('second');
      upstream.change('first');
      expect(await upstream.followed.current()).toBe('first');
      expect(calls).toBe(0);
    });

    it('rejects while the upstream does not return it', async () => {
      upstream.break(true);
      await expect(upstream.followed.current()).rejects.toThrow(/\w/);
      upstream.break(false);
      expect(await upstream.followed.current()).toBe('first');
    });

    it('notifies listeners when a lookup finds another pepper than the last one', async () => {
      await upstream.followed.current();
      await upstream.lookUp('first');
      expect(calls).toBe(0);
      upstream.change('second');
      expect(calls).toBe(0);
      await upstream.lookUp('first');
      expect(calls).toBeGreaterThan(0);
    });

    it('notifies listeners when a lookup finds a pepper after it was unavailable', async () => {
      upstream.break(true);
      await upstream.followed.current().catch(() => undefined);
      upstream.break(false);
      await upstream.lookUp('ours');
      expect(calls).toBeGreaterThan(0);
    });

    it('does not call closed listeners', async () => {
      await upstream.followed.current();
      listening.close();
      upstream.change('second');
      await upstream.lookUp('first');
      expect(calls).toBe(0);
    });
  });
}
