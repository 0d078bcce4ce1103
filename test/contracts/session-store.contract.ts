import { describe, expect, it } from 'vitest';
import { email, msisdn } from '../../src/domain/identifiers/threepid.js';
import type { ValidationSession } from '../../src/domain/validation/validation-session.js';
import { freshStores, type OpenStores } from './stores.js';

const alice: ValidationSession = {
  sid: 's1',
  threepid: email('Strauß@example.org'),
  clientSecret: 'monkeys',
  token: '123456',
  sendAttempt: 0,
  nextLink: undefined,
  validatedAt: undefined,
  openedAt: 1_700_000_000_122,
  modifiedAt: 1_700_000_000_123,
};

/** What every SessionStore promises. */
export function sessionStoreContract(open: OpenStores): void {
  describe('SessionStore contract', () => {
    const on = freshStores(open);

    it('returns an added session exactly as stored', async () => {
      expect(await on.sessions.findOrAdd(alice, 0)).toEqual(alice);
      expect(await on.sessions.get('s1')).toEqual(alice);
    });

    it('returns a saved session', async () => {
      const validated: ValidationSession = {
        ...alice,
        sendAttempt: 3,
        nextLink: 'https://example.org/?a=1',
        openedBy: '@anna:example.org',
        validatedAt: 7,
        modifiedAt: 8,
      };
      await on.sessions.findOrAdd(alice, 0);
      await on.sessions.save(validated);
      expect(await on.sessions.get('s1')).toEqual(validated);
    });

    it('records when a session was validated, and keeps what was sent meanwhile', async () => {
      await on.sessions.addClaimed({ ...alice, sendAttempt: -1 }, 0, 1);
      await Promise.all([
        on.sessions.markSent('s1', 1, 'https://example.org/'),
        on.sessions.markValidated('s1', alice.modifiedAt + 5),
      ]);
      const at = alice.modifiedAt + 5;
      const expected = { ...alice, sendAttempt: 1, nextLink: 'https://example.org/', validatedAt: at, modifiedAt: at };
      expect(await on.sessions.get('s1')).toEqual(expected);
      await on.sessions.markValidated('unknown', at);
      expect(await on.sessions.get('unknown')).toBeUndefined();
    });

    it('saves nothing if there is no session', async () => {
      await on.sessions.save(alice);
      expect(await on.sessions.get('s1')).toBeUndefined();
    });

    it('finds by threepid and client secret', async () => {
      await on.sessions.findOrAdd(alice, 0);
      expect(await on.sessions.find(email('strauss@example.org'), 'monkeys')).toEqual(alice);
    });

    it.each([
      ['another client secret', alice.threepid, 'apes'],
      ['another address', email('anna@example.org'), 'monkeys'],
      ['another medium', msisdn('49221555123'), 'monkeys'],
    ])('finds nothing for %s', async (_case, threepid, clientSecret) => {
      await on.sessions.findOrAdd(alice, 0);
      expect(await on.sessions.find(threepid, clientSecret)).toBeUndefined();
    });

    it('keeps sessions of one threepid separate by client secret', async () => {
      const other = { ...alice, sid: 's2', clientSecret: 'apes' };
      await on.sessions.findOrAdd(alice, 0);
      expect(await on.sessions.findOrAdd(other, 0)).toEqual(other);
      expect(await on.sessions.get('s1')).toEqual(alice);
    });

    it('returns an older session that was modified at or after the given time', async () => {
      await on.sessions.findOrAdd(alice, 0);
      const newer = { ...alice, sid: 's2', token: '654321', modifiedAt: alice.modifiedAt + 1 };
      expect(await on.sessions.findOrAdd(newer, alice.modifiedAt)).toEqual(alice);
      expect(await on.sessions.get('s2')).toBeUndefined();
    });

    it('replaces a session that was modified before the given time', async () => {
      await on.sessions.findOrAdd({ ...alice, validatedAt: 5, nextLink: 'https://example.org/' }, 0);
      const newer = { ...alice, sid: 's2', token: '654321', modifiedAt: alice.modifiedAt + 1 };
      expect(await on.sessions.findOrAdd(newer, newer.modifiedAt)).toEqual(newer);
      expect(await on.sessions.get('s1')).toBeUndefined();
      expect(await on.sessions.find(alice.threepid, 'monkeys')).toEqual(newer);
    });

    it('keeps one of several sessions that are added concurrently, and returns it to all callers', async () => {
      const sids = Array.from({ length: 20 }, (_, at) => `s${at}`);
      const given = await Promise.all(sids.map((sid) => on.sessions.findOrAdd({ ...alice, sid }, alice.modifiedAt)));
      const kept = await on.sessions.find(alice.threepid, 'monkeys');
      expect(new Set(given.map(({ sid }) => sid))).toEqual(new Set([kept?.sid]));
    });

    it('counts guesses, and never gives two callers the same number', async () => {
      await on.sessions.findOrAdd(alice, 0);
      const counts = await Promise.all(Array.from({ length: 20 }, () => on.sessions.countGuess('s1')));
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    });

    it('counts the guesses of each session separately, and saving a session does not reset them', async () => {
      await on.sessions.findOrAdd(alice, 0);
      await on.sessions.findOrAdd({ ...alice, sid: 's2', clientSecret: 'apes' }, 0);
      expect(await on.sessions.countGuess('s1')).toBe(1);
      await on.sessions.save({ ...alice, sendAttempt: 2 });
      expect(await on.sessions.countGuess('s1')).toBe(2);
      expect(await on.sessions.countGuess('s2')).toBe(1);
    });

    it('starts the count again when a session replaces an older one', async () => {
      await on.sessions.findOrAdd(alice, 0);
      await on.sessions.countGuess('s1');
      const newer = { ...alice, sid: 's2', modifiedAt: alice.modifiedAt + 1 };
      await on.sessions.findOrAdd(newer, newer.modifiedAt);
      expect(await on.sessions.countGuess('s2')).toBe(1);
    });

    it('renews a session with too many wrong guesses: a new token, and the count starts again', async () => {
      await on.sessions.findOrAdd(alice, 0);
      for (let guess = 0; guess < 2; guess++) await on.sessions.countGuess('s1');
      expect(await on.sessions.renew('s1', '654321', 3)).toEqual(alice);
      expect(await on.sessions.countGuess('s1')).toBe(3);
      const renewed = { ...alice, token: '654321' };
      expect(await on.sessions.renew('s1', '654321', 3)).toEqual(renewed);
      expect(await on.sessions.get('s1')).toEqual(renewed);
      expect(await on.sessions.countGuess('s1')).toBe(1);
    });

    it('does not renew a validated session or an unknown one', async () => {
      await on.sessions.findOrAdd(alice, 0);
      await on.sessions.countGuess('s1');
      const validated = { ...alice, validatedAt: 7 };
      await on.sessions.save(validated);
      expect(await on.sessions.renew('s1', '654321', 1)).toEqual(validated);
      expect(await on.sessions.renew('s2', '654321', 1)).toBeUndefined();
    });

    it('counts no guesses without a session', async () => {
      expect(await on.sessions.countGuess('s1')).toBe(1);
      await on.sessions.findOrAdd(alice, 0);
      expect(await on.sessions.countGuess('s1')).toBe(1);
    });

    it('lets one caller send an attempt, and tells the others that it was sent', async () => {
      await on.sessions.findOrAdd({ ...alice, sendAttempt: -1 }, 0);
      const claims = Array.from({ length: 3 }, () => on.sessions.claimSend('s1', 1));
      expect(await Promise.race(claims)).toBe(true);
      await on.sessions.save({ ...alice, sendAttempt: 1 });
      expect((await Promise.all(claims)).filter(Boolean)).toEqual([true]);
      expect(await on.sessions.claimSend('s1', 1)).toBe(false);
      expect(await on.sessions.claimSend('s1', 2)).toBe(true);
      expect(await on.sessions.claimSend('unknown', 1)).toBe(false);
    });

    it('lets the next caller send if the first has failed', async () => {
      await on.sessions.findOrAdd({ ...alice, sendAttempt: -1 }, 0);
      expect(await on.sessions.claimSend('s1', 1)).toBe(true);
      const next = on.sessions.claimSend('s1', 1);
      await on.sessions.releaseSend('s1', 1);
      expect(await next).toBe(true);
    });

    it('adds a session whose token its caller may send', async () => {
      const unsent = { ...alice, sendAttempt: -1 };
      expect(await on.sessions.addClaimed(unsent, 0, 1)).toBe(true);
      expect(await on.sessions.get('s1')).toEqual(unsent);
      const others = [on.sessions.claimSend('s1', 1), on.sessions.claimSend('s1', 1)];
      await on.sessions.markSent('s1', 1, 'https://example.org/');
      expect(await Promise.all(others)).toEqual([false, false]);
      expect(await on.sessions.get('s1')).toEqual({ ...unsent, sendAttempt: 1, nextLink: 'https://example.org/' });
      expect(await on.sessions.claimSend('s1', 2)).toBe(true);
    });

    it('adds a session to send only if there is no live one, and only for one of many concurrent callers', async () => {
      await on.sessions.findOrAdd(alice, 0);
      const others = ['s2', 's3', 's4'].map((sid) => ({ ...alice, sid, modifiedAt: alice.modifiedAt + 10 }));
      const added = (aliveSince: number) =>
        Promise.all(others.map((session) => on.sessions.addClaimed(session, aliveSince, 1)));
      expect(await added(alice.modifiedAt)).toEqual([false, false, false]);
      expect(await on.sessions.get('s1')).toEqual(alice);
      expect((await added(alice.modifiedAt + 1)).filter(Boolean)).toEqual([true]);
      expect(await on.sessions.get('s1')).toBeUndefined();
    });

    it('lets a session be sent at once that replaces one whose message was being sent', async () => {
      await on.sessions.addClaimed(alice, 0, 5);
      const newer = { ...alice, sid: 's2', sendAttempt: -1, modifiedAt: alice.modifiedAt + 1 };
      await on.sessions.findOrAdd(newer, newer.modifiedAt);
      expect(await on.sessions.claimSend('s2', 1)).toBe(true);
    });

    it('keeps those apart that are added, found and sent at the same time', async () => {
      const all = Array.from({ length: 12 }, (_, at) => ({
        ...alice,
        sid: `s${at}`,
        threepid: at % 2 === 0 ? alice.threepid : email(`guest${at}@example.org`),
        clientSecret: `secret${at % 10}`, // the last two have the secrets of the first two
        sendAttempt: -1,
      }));
      const known = () => Promise.all(all.map((session) => on.sessions.find(session.threepid, session.clientSecret)));
      expect(await known()).toEqual(all.map(() => undefined));
      const added = await Promise.all(all.map((session, at) => on.sessions.addClaimed(session, at % 3, 1)));
      expect(added).toEqual(all.map(({ sid }) => sid !== 's10'));
      await Promise.all(
        all.map(({ sid }, at) => on.sessions.markSent(sid, 1 + (at % 2), at % 3 === 0 ? 'https://a.b/' : undefined)),
      );
      const sent = all.map((session, at) => ({
        ...session,
        sendAttempt: 1 + (at % 2),
        nextLink: at % 3 === 0 ? 'https://a.b/' : undefined,
      }));
      expect(await known()).toEqual(sent.map((session) => (session.sid === 's10' ? sent[0] : session)));
    });

    it('records the latest attempt that was sent, and changes nothing else', async () => {
      await on.sessions.findOrAdd({ ...alice, validatedAt: 5 }, 0);
      await on.sessions.markSent('s1', 3, undefined);
      await on.sessions.markSent('s1', 2, 'https://example.org/');
      expect(await on.sessions.get('s1')).toEqual({ ...alice, validatedAt: 5, sendAttempt: 3 });
      await on.sessions.markSent('unknown', 1, undefined);
      expect(await on.sessions.get('unknown')).toBeUndefined();
    });

    it('purges sessions last modified before the given time, and no others', async () => {
      const at = (modifiedAt: number) => ({
        ...alice,
        sid: `s${modifiedAt}`,
        clientSecret: `c${modifiedAt}`,
        modifiedAt,
      });
      for (const time of [99, 100, 101]) await on.sessions.findOrAdd(at(time), 0);
      await on.sessions.purge(100);
      expect(await on.sessions.get('s99')).toBeUndefined();
      expect(await on.sessions.find(alice.threepid, 'c99')).toBeUndefined();
      expect(await on.sessions.get('s100')).toEqual(at(100));
      expect(await on.sessions.get('s101')).toEqual(at(101));
    });
  });
}
