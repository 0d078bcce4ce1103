import { describe, expect, it } from 'vitest';
import { type Binding } from '../../src/domain/associations/binding.js';
import { BINDINGS } from '../../src/domain/associations/binding.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { email, keyOf, msisdn } from '../../src/domain/identifiers/threepid.js';
import { queued } from '../support/jobs.js';
import { freshStores, inBatches, type OpenStores, readAll, readClaims } from './stores.js';

const strauss = email('Strauß@example.org');
const payload = { medium: 'email', address: 'a@example.org', mxid: '@anna:example.org' } as const;
const job = { kind: 'notify-bound', payload, runAt: 5 } as const;

const binding = (threepid = strauss, mxid: Mxid = '@anna:example.org'): Binding => ({
  threepid,
  mxid,
  boundAt: 1_700_000_000_123,
  notBefore: 1_700_000_000_122,
  notAfter: 4_853_600_000_122,
});

/** What every AssociationStore promises. */
export function associationStoreContract(open: OpenStores): void {
  describe('AssociationStore contract', () => {
    const on = freshStores(open);

    it('returns a binding exactly as stored, whether it is valid or not', async () => {
      const past = { ...binding(msisdn('49221555123')), notBefore: 1, notAfter: 2 };
      await on.associations.bind(binding(), []);
      await on.associations.bind(past, []);
      expect(await on.associations.find([strauss])).toEqual([binding()]);
      expect(await on.associations.find([past.threepid])).toEqual([past]);
    });

    it('finds by medium and address only, and leaves unknown threepids out', async () => {
      await on.associations.bind(binding(), []);
      const asked = [email('strauss@example.org'), email('anna@example.org'), msisdn('49221555123')];
      expect(await on.associations.find(asked)).toEqual([binding()]);
      expect(await on.associations.find([])).toEqual([]);
    });

    it('finds any number of threepids, also one that is queried twice', async () => {
      const bindings = Array.from({ length: 50 }, (_, at) => binding(email(`user${at * 100}@example.org`)));
      for (const added of bindings) await on.associations.bind(added, []);
      const asked = Array.from({ length: 40_000 }, (_, at) => email(`user${at % 20_000}@example.org`));
      const found = await on.associations.find(asked);
      expect(new Set(found.map(({ threepid }) => threepid.address))).toEqual(
        new Set(bindings.map(({ threepid }) => threepid.address)),
      );
    });

    it('takes a threepid from its previous user', async () => {
      await on.associations.bind(binding(), []);
      const taken = { ...binding(strauss, '@bob:example.org'), boundAt: 9 };
      await on.associations.bind(taken, []);
      expect(await on.associations.find([strauss])).toEqual([taken]);
    });

    it.each([
      ['a@bücher.example', 'a@xn--bcher-kva.example'],
      ['a@bu\u0308cher.example', 'a@bücher.example'],
      ['a@example.com', 'a@ｅxample.com'],
      ['jürgen@example.org', 'ju\u0308rgen@example.org'],
    ])('stores one binding for a mailbox in all its spellings: %s, then %s', async (first, second) => {
      await on.associations.bind(binding(email(first)), []);
      const position = await on.feed.position();
      const taken = binding(email(second), '@bob:example.org');
      await on.associations.bind(taken, []);
      expect(await readAll(on.associations.all())).toEqual([taken]);
      expect((await on.feed.since(position))?.changes).toMatchObject([
        { removed: [{ threepid: email(first), mxid: '@anna:example.org' }], added: [{ mxid: '@bob:example.org' }] },
      ]);
      expect(await on.associations.unbind(email(first), '@anna:example.org')).toBe(false);
      expect(await on.associations.unbind(email(first), '@bob:example.org')).toBe(true);
      expect(await readAll(on.associations.all())).toEqual([]);
    });

    it.each([
      ['①na@example.org', '1na@example.org'],
      ['ａnna@example.org', 'anna@example.org'],
      ['a@weiss.example', 'a@xn--wei-7ka.example'],
    ])('stores %s and %s as two bindings, because they may belong to two people', async (first, second) => {
      await on.associations.bind(binding(email(first)), []);
      await on.associations.bind(binding(email(second), '@bob:example.org'), []);
      expect(await readAll(on.associations.all())).toHaveLength(2);
    });

    it('queues the jobs of a bind in the same transaction', async () => {
      await on.associations.bind(binding(), [job, { ...job, runAt: 6 }]);
      expect(await queued(on.jobs, 'notify-bound')).toEqual([payload, payload]);
    });

    it('binds nothing if its jobs cannot be queued', async () => {
      const circle = { ...payload };
      Object.assign(circle, { circle });
      const before = await on.feed.position();
      await expect(on.associations.bind(binding(), [{ ...job, payload: circle }])).rejects.toThrow(Error);
      expect(await on.associations.find([strauss])).toEqual([]);
      expect(await queued(on.jobs, 'notify-bound')).toEqual([]);
      expect(await on.feed.position()).toBe(before);
    });

    it('stores many concurrent binds, each mailbox for one user', async () => {
      const users = ['@anna:example.org', '@bob:example.org', '@carol:example.org'] as const;
      await on.associations.bind(binding(email('person3@example.org'), '@dan:example.org'), []);
      const position = await on.feed.position();
      const binds = Array.from({ length: 60 }, (_, at) =>
        binding(email(`person${at % 20}@example.org`), users[Math.floor(at / 20)]),
      );
      await Promise.all(binds.map((bound, at) => on.associations.bind(bound, [{ ...job, runAt: at }])));
      expect((await readAll(on.associations.all())).map(({ threepid }) => threepid.address)).toHaveLength(20);
      expect(await queued(on.jobs, 'notify-bound')).toHaveLength(60);
      const owners = new Map([[keyOf(email('person3@example.org')), '@dan:example.org']]);
      for (const { removed, added } of (await on.feed.since(position))?.changes ?? []) {
        for (const { threepid, mxid } of removed) {
          expect(owners.get(keyOf(threepid))).toBe(mxid);
          owners.delete(keyOf(threepid));
        }
        for (const { threepid, mxid } of added) owners.set(keyOf(threepid), mxid);
      }
      const stored = await readAll(on.associations.all());
      expect(owners).toEqual(new Map(stored.map(({ threepid, mxid }) => [keyOf(threepid), mxid])));
    });

    it('stores the others if one of many concurrent binds fails', async () => {
      const circle = { ...payload };
      Object.assign(circle, { circle });
      const all = await Promise.allSettled(
        Array.from({ length: 10 }, (_, at) =>
          on.associations.bind(binding(email(`person${at}@example.org`)), [
            at === 7 ? { ...job, payload: circle } : job,
          ]),
        ),
      );
      expect(all.flatMap(({ status }, at) => (status === 'rejected' ? at : []))).toEqual([7]);
      expect(await readAll(on.associations.all())).toHaveLength(9);
      expect(await queued(on.jobs, 'notify-bound')).toHaveLength(9);
    });

    it('unbinds from the given user and returns whether there was a binding', async () => {
      await on.associations.bind(binding(), []);
      expect(await on.associations.unbind(email('strauss@example.org'), '@anna:example.org')).toBe(true);
      expect(await on.associations.find([strauss])).toEqual([]);
      expect(await on.associations.unbind(strauss, '@anna:example.org')).toBe(false);
    });

    it('does not unbind from another user', async () => {
      const before = await on.feed.position();
      await on.associations.bind(binding(), []);
      const position = await on.feed.position();
      expect(await on.associations.unbind(strauss, '@bob:example.org')).toBe(false);
      expect(await on.associations.find([strauss])).toEqual([binding()]);
      expect(await on.feed.position()).toBe(position);
      expect(position).toBeGreaterThan(before);
    });

    it('purges bindings that expired before the given time, and writes that to the change feed', async () => {
      const [past, last] = [msisdn('49221555123'), msisdn('49221555124')];
      await on.associations.bind(binding(), []);
      await on.associations.bind({ ...binding(past), notAfter: 1_999 }, []);
      await on.associations.bind({ ...binding(last), notAfter: 2_000 }, []);
      const position = await on.feed.position();
      await on.associations.purge(2_000);
      await on.associations.purge(2_000);
      const kept = await on.associations.find([strauss, past, last]);
      expect(new Set(kept.map(({ threepid }) => threepid.address))).toEqual(new Set([strauss.address, last.address]));
      expect((await on.feed.since(position))?.changes).toEqual([
        { source: BINDINGS, removed: [{ threepid: past, mxid: '@anna:example.org' }], added: [], isReload: false },
      ]);
    });

    it('reads all bindings in pages, each once', async () => {
      const bindings = Array.from({ length: 1_001 }, (_, at) => binding(msisdn(`49221${1_000_000 + at}`)));
      await inBatches(bindings, (added) => on.associations.bind(added, []));
      const pages: number[] = [];
      const all = new Set<string>();
      for await (const page of on.associations.all()) {
        // A change during the read must not affect the other bindings.
        if (all.size === 0) await on.associations.unbind(page[0]?.threepid ?? strauss, '@anna:example.org');
        pages.push(page.length);
        for (const { threepid } of page) all.add(threepid.address);
      }
      expect(all).toEqual(new Set(bindings.map(({ threepid }) => threepid.address)));
      expect(pages.reduce((a, b) => a + b)).toBe(bindings.length);
      expect(Math.max(...pages)).toBeLessThanOrEqual(3_000);
      const claims = await readClaims(on.associations.claims());
      expect(claims).toHaveLength(1_000);
      expect(new Set(claims.map(({ threepid }) => threepid.address))).toEqual(
        new Set((await readAll(on.associations.all())).map(({ threepid }) => threepid.address)),
      );
    }, 120_000);

    it('reads the claims of all bindings, exactly as stored', async () => {
      const unusual = binding(email("ö'{}|~@example.org"), '@"[,\\]\n\u0001ö:example.org');
      const number = binding(msisdn('49221555123'));
      for (const added of [binding(), number, unusual]) await on.associations.bind(added, []);
      await on.associations.unbind(number.threepid, number.mxid);
      const claims = await readClaims(on.associations.claims());
      expect(new Set(claims)).toEqual(new Set([binding(), unusual].map(({ threepid, mxid }) => ({ threepid, mxid }))));
    });

    it('returns which of some users have a binding', async () => {
      const bind = (address: string, mxid: Mxid) =>
        on.associations.bind({ threepid: email(address), mxid, boundAt: 1, notBefore: 1, notAfter: 2 }, []);
      await bind('one@example.org', '@one:example.org');
      await bind('two@example.org', '@one:example.org');
      await bind('three@example.org', '@three:example.org');
      const asked: Mxid[] = ['@one:example.org', '@nobody:example.org'];
      expect([...(await on.associations.boundUsers(asked))]).toEqual(['@one:example.org']);
      expect((await on.associations.boundUsers([])).size).toBe(0);
    });

    it('reads nothing if there is no binding', async () => {
      expect(await readAll(on.associations.all())).toEqual([]);
      expect(await readClaims(on.associations.claims())).toEqual([]);
    });

    it('writes a bind to the change feed', async () => {
      const position = await on.feed.position();
      await on.associations.bind(binding(), []);
      expect((await on.feed.since(position))?.changes).toEqual([
        { source: BINDINGS, removed: [], added: [{ threepid: strauss, mxid: '@anna:example.org' }], isReload: false },
      ]);
    });

    it('writes a bind from another user to the change feed, with the former claim as it was stored', async () => {
      await on.associations.bind(binding(), []);
      const position = await on.feed.position();
      const plain = email('strauss@example.org');
      await on.associations.bind(binding(plain, '@bob:example.org'), []);
      expect((await on.feed.since(position))?.changes).toEqual([
        {
          source: BINDINGS,
          removed: [{ threepid: strauss, mxid: '@anna:example.org' }],
          added: [{ threepid: plain, mxid: '@bob:example.org' }],
          isReload: false,
        },
      ]);
    });

    it('writes an unbind to the change feed, with the claim as it was stored', async () => {
      await on.associations.bind(binding(), []);
      const position = await on.feed.position();
      await on.associations.unbind(email('strauss@example.org'), '@anna:example.org');
      expect((await on.feed.since(position))?.changes).toEqual([
        { source: BINDINGS, removed: [{ threepid: strauss, mxid: '@anna:example.org' }], added: [], isReload: false },
      ]);
    });

    it('writes the actual previous user to the change feed, also with concurrent binds', async () => {
      const position = await on.feed.position();
      const users = Array.from({ length: 15 }, (_, at): Mxid => `@user${at}:example.org`);
      await Promise.all(users.map((mxid) => on.associations.bind(binding(strauss, mxid), [])));
      const claims = new Set<Mxid>();
      for (const { removed, added } of (await on.feed.since(position))?.changes ?? []) {
        for (const { mxid } of removed) claims.delete(mxid);
        for (const { mxid } of added) claims.add(mxid);
      }
      const [kept] = await on.associations.find([strauss]);
      expect([...claims]).toEqual([kept?.mxid]);
    });
  });
}
