import { afterEach, beforeEach } from 'vitest';
import type { Claim } from '../../src/domain/associations/claim.js';
import { type ClaimPage, claimsOf } from '../../src/domain/associations/claim-text.js';
import type { MirroredEntry } from '../../src/domain/directory/directory-entry.js';
import type { ChangeFeed } from '../../src/ports/change-feed.js';
import type { Clock } from '../../src/ports/clock.js';
import type { EntryBuffer, MirrorStore } from '../../src/ports/mirror-store.js';
import type { Stores } from '../../src/app/wiring/stores-module.js';

export type { Stores };

/** A draft with these entries. */
export function draftOf(mirrors: MirrorStore, entries: readonly MirroredEntry[] = []): EntryBuffer {
  const draft = mirrors.draft();
  for (const entry of entries) draft.add(entry);
  return draft;
}

/** Opens empty stores that no other test uses. */
export type OpenStores = (clock: Clock) => Promise<{ readonly stores: Stores; close(): Promise<unknown> }>;

/** Empty stores before each test of the surrounding `describe`, and a clock that the test sets. */
export function freshStores(open: OpenStores): Stores & { readonly clock: { time: number } } {
  const clock = { time: 0, now: () => clock.time };
  const fresh = { clock } as Stores & { readonly clock: typeof clock };
  let opened: Awaited<ReturnType<OpenStores>>;
  beforeEach(async () => {
    clock.time = 0;
    opened = await open(clock);
    Object.assign(fresh, opened.stores);
  });
  afterEach(() => opened.close());
  return fresh;
}

/** Calls `write` for many items, with a limited number of concurrent calls. */
export async function inBatches<T>(items: readonly T[], write: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += 50) await Promise.all(items.slice(at, at + 50).map(write));
}

/** Reads all pages. */
export async function readAll<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/** All claims of a paged reading. */
export async function readClaims(pages: AsyncIterable<ClaimPage>): Promise<readonly Claim[]> {
  const all: Claim[] = [];
  for await (const page of pages) all.push(...claimsOf(page));
  return all;
}

/** Listens, and counts the calls. Resolves with the next one. */
export function callsOf(feed: ChangeFeed) {
  let count = 0;
  let wake = (): void => undefined;
  const listening = feed.onChange(() => {
    count++;
    wake();
  });
  return {
    close: () => listening.close(),
    count: () => count,
    next: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      }),
  };
}
