import { describe, expect, it } from 'vitest';
import type { Binding } from '../../src/domain/associations/binding.js';
import type { MirrorState } from '../../src/domain/directory/mirror-state.js';
import type { Claim } from '../../src/domain/associations/claim.js';
import { email } from '../../src/domain/identifiers/threepid.js';
import type { ClaimChange } from '../../src/ports/change-feed.js';
import { callsOf, freshStores, type OpenStores } from './stores.js';

const state: MirrorState = { syncedAt: 1, attemptedAt: 1, bases: {}, failure: undefined };
const claim = (name: string): Claim => ({ threepid: email(`${name}@example.org`), mxid: `@${name}:example.org` });
const binding = (name: string): Binding => ({ ...claim(name), boundAt: 1, notBefore: 1, notAfter: 2 });

/** What every ChangeFeed promises, together with the stores that write it. */
export function changeFeedContract(open: OpenStores): void {
  describe('ChangeFeed contract', () => {
    const on = freshStores(open);
    const apply = (...changes: ClaimChange[]) =>
      on.mirrors.apply('staff', { upserts: on.mirrors.draft(), removed: [], state, changes });
    const bind = (name: string) => on.associations.bind(binding(name), []);
    const addedSince = async (position: number) =>
      (await on.feed.since(position))?.changes.flatMap(({ added }) => added.map(({ mxid }) => mxid));

    it('has no change after its own position', async () => {
      await bind('anna');
      const position = await on.feed.position();
      expect(await on.feed.since(position)).toEqual({ changes: [], position });
    });

    it('returns all changes after a position, in their order, and the position for the next read', async () => {
      const position = await on.feed.position();
      await bind('anna');
      await bind('bob');
      const first = await on.feed.since(position);
      expect(await addedSince(position)).toEqual(['@anna:example.org', '@bob:example.org']);
      expect(first?.position).toBe(await on.feed.position());
      await bind('carol');
      expect(await addedSince(first?.position ?? 0)).toEqual(['@carol:example.org']);
    });

    it('returns a change as it was written, including collisions and aliases', async () => {
      const position = await on.feed.position();
      const shared: Claim = { threepid: email('Strauß@example.org'), mxid: '@s:example.org', isCollision: true };
      const change = { source: 'staff', removed: [claim('anna')], added: [shared], isReload: false };
      const other = { source: 'partners', removed: [claim('bob')], added: [], isReload: false };
      await apply(change, other);
      expect((await on.feed.since(position))?.changes).toEqual([change, other]);
    });

    it('returns users whose names changed', async () => {
      const position = await on.feed.position();
      const change: ClaimChange = {
        source: 'staff',
        removed: [],
        added: [],
        isReload: false,
        people: ['@anna:example.org'],
      };
      await apply(change);
      expect((await on.feed.since(position))?.changes).toEqual([change]);
    });

    it('contains no claims with a reload', async () => {
      const position = await on.feed.position();
      await apply({ source: 'staff', removed: [claim('anna')], added: [claim('bob')], isReload: true });
      expect((await on.feed.since(position))?.changes).toEqual([
        { source: 'staff', removed: [], added: [], isReload: true },
      ]);
    });

    it('returns every change to a reader while many writers are active', async () => {
      let position = await on.feed.position();
      const names = Array.from({ length: 60 }, (_, at) => `user${at}`);
      const other = { source: 'other', removed: [], added: [], isReload: false };
      const sync = (name: string) =>
        on.mirrors.apply(name, {
          upserts: on.mirrors.draft(),
          removed: [],
          state,
          changes: [{ ...other, source: name, added: [claim(name)] }, other, other, other],
        });
      const write = async (written: readonly string[]) => {
        for (const [at, name] of written.entries()) await (at % 3 ? sync(name) : bind(name));
      };
      let areWriting = true;
      const writers = [0, 10, 20, 30, 40, 50].map((from) => write(names.slice(from, from + 10)));
      const writing = Promise.all(writers).finally(() => {
        areWriting = false;
      });
      const seen: string[] = [];
      for (let isLast = false; !isLast; ) {
        isLast = !areWriting;
        const news = await on.feed.since(position);
        seen.push(...(news?.changes ?? []).flatMap(({ added }) => added.map(({ mxid }) => mxid)));
        position = news?.position ?? position;
      }
      await writing;
      expect(seen.toSorted()).toEqual(names.map((name) => `@${name}:example.org`).toSorted());
    });

    it('removes changes before the given time, and tells readers that need them', async () => {
      const start = await on.feed.position();
      on.clock.time = 99;
      await bind('anna');
      const later = await on.feed.position();
      on.clock.time = 100;
      await bind('bob');
      await on.feed.purge(100);
      expect(await on.feed.since(start)).toBeUndefined();
      expect(await addedSince(later)).toEqual(['@bob:example.org']);
    });

    it('keeps its position when all changes are removed', async () => {
      const start = await on.feed.position();
      await bind('anna');
      const position = await on.feed.position();
      await on.feed.purge(1);
      expect(await on.feed.position()).toBe(position);
      expect(await on.feed.since(start)).toBeUndefined();
      expect(await on.feed.since(position)).toEqual({ changes: [], position });
      await bind('bob');
      expect(await addedSince(position)).toEqual(['@bob:example.org']);
    });

    it('removes nothing if no change is old enough', async () => {
      const start = await on.feed.position();
      on.clock.time = 100;
      await bind('anna');
      await on.feed.purge(100);
      expect(await addedSince(start)).toEqual(['@anna:example.org']);
    });

    it('notifies listeners once a change can be read', async () => {
      const start = await on.feed.position();
      const calls = callsOf(on.feed);
      const seen = (async () => {
        for (let next = calls.next(); ; ) {
          await next;
          next = calls.next(); // before the read: a call during the read counts
          if ((await on.feed.position()) > start) return;
        }
      })();
      await bind('anna');
      await seen;
      calls.close();
      expect(await addedSince(start)).toEqual(['@anna:example.org']);
    });

    it('does not call closed listeners', async () => {
      const closed = callsOf(on.feed);
      closed.close();
      const count = closed.count();
      const open = callsOf(on.feed);
      const called = open.next();
      await bind('anna');
      await called;
      open.close();
      expect(closed.count()).toBe(count);
    });
  });
}
