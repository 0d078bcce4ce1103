import { describe, expect, it } from 'vitest';
import { commonState, newSince } from '../../../src/adapters/ldap/sync/replication-state.js';
import { continuation, cursorOfAll } from '../../../src/adapters/ldap/sync/sync-cursor.js';

const at = (minute: number) => `202601010${String(minute).padStart(3, '0')}00.000001Z#000000`;
const time = (minute: number) => `202601010${String(minute).padStart(3, '0')}00Z`;
const [first, second] = ['dc=example 001', 'dc=example 002'];

describe('the new data of a server since the last sync', () => {
  it.each([
    ['empty', { [first]: at(5) }, { [first]: at(5) }, time(7)],
    ['newer than the last sync, if that is long ago', { [first]: at(5) }, { [first]: at(9) }, time(5)],
    ['newer than the usual overlap, if that is longer ago', { [first]: at(8) }, { [first]: at(9) }, time(7)],
    [
      'newer than the last sync of a provider that did not answer',
      { [first]: at(1), [second]: at(8) },
      { [first]: at(2), [second]: at(8) },
      time(1),
    ],
    [
      'newer than the usual overlap, of a provider that is busy beside one that did not answer',
      { [first]: at(1), [second]: at(8) },
      { [first]: at(1), [second]: at(9) },
      time(7),
    ],
    ['unknown, because there is a new provider', { [first]: at(5) }, { [first]: at(5), [second]: at(1) }, undefined],
    ['unknown, because it is another directory', { [first]: at(5) }, { [second]: at(5) }, undefined],
    ['not complete, because an earlier sync read more', { [first]: at(5) }, { [first]: at(4) }, 'behind'],
    ['not complete, because a provider is missing', { [first]: at(5), [second]: at(1) }, { [first]: at(9) }, 'behind'],
  ])('is %s', (_what, before, now, expected) => {
    const since = newSince(before, now, time(7));
    expect(typeof since === 'object' ? since.time : since).toBe(expected);
  });

  it('begins with the oldest of several states that were read one after the other', () => {
    const states = [{ [first]: at(5), [second]: at(3) }, { [first]: at(4) }];
    expect(commonState(states)).toEqual({ [first]: at(4), [second]: at(3) });
    expect(commonState([...states, undefined])).toBeUndefined();
  });
});

describe('the cursor of a sync', () => {
  const cursor = (server: string, replicated?: Readonly<Record<string, string>>) => ({
    server,
    time: time(7),
    ...(replicated && { replicated }),
  });

  it('of one server cannot be used at another one that does not report its state', () => {
    expect(continuation(cursor('ldap://a'), cursor('ldap://a'))).toEqual(cursor('ldap://a'));
    expect(continuation(cursor('ldap://a'), cursor('ldap://b'))).toBeUndefined();
    expect(continuation(cursor('ldap://a', { [first]: at(5) }), cursor('ldap://a'))).toBeUndefined();
    expect(continuation({ server: 'a', usn: 5 }, { server: 'b', usn: 7 })).toBeUndefined();
    expect(continuation({ server: 'a', usn: 5 }, { server: 'a', usn: 7 })).toEqual({ server: 'a', usn: 5 });
  });

  it('of several bases is from one server, and contains what all of them had', () => {
    expect(cursorOfAll([cursor('a', { [first]: at(5) }), cursor('a', { [first]: at(4) })])).toEqual(
      cursor('a', { [first]: at(4) }),
    );
    expect(cursorOfAll([cursor('a', { [first]: at(5) }), cursor('a')])).toEqual(cursor('a'));
    expect(cursorOfAll([cursor('a'), cursor('b')])).toBeUndefined();
    expect(cursorOfAll([cursor('a'), undefined])).toBeUndefined();
  });
});
