import { describe, expect, it } from 'vitest';
import { commonState, newSince } from '../../../src/adapters/ldap/sync/replication-state.js';
import { continuation, cursorOfAll } from '../../../src/adapters/ldap/sync/sync-cursor.js';

const at = (minute: number) => `202601010${String(minute).padStart(3, '0')}00.000001Z#000000`;
const time = (minute: number) => `202601010${String(minute).padStart(3, '0')}00Z`;
const [one, two] = ['dc=example 001', 'dc=example 002'];

describe('what a server of OpenLDAP has that was not read before', () => {
  it.each([
    ['nothing', { [one]: at(5) }, { [one]: at(5) }, time(7)],
    ['since what was read last, where that is long ago', { [one]: at(5) }, { [one]: at(9) }, time(5)],
    ['since the usual time, where that is longer ago', { [one]: at(8) }, { [one]: at(9) }, time(7)],
    ['of a provider that was silent', { [one]: at(1), [two]: at(8) }, { [one]: at(2), [two]: at(8) }, time(1)],
    [
      'of a provider that is busy beside a silent one',
      { [one]: at(1), [two]: at(8) },
      { [one]: at(1), [two]: at(9) },
      time(7),
    ],
    ['unknown, of a new provider', { [one]: at(5) }, { [one]: at(5), [two]: at(1) }, undefined],
    ['unknown, of another directory', { [one]: at(5) }, { [two]: at(5) }, undefined],
    ['not yet what was read before', { [one]: at(5) }, { [one]: at(4) }, 'behind'],
    ['nothing of a provider from which something was read', { [one]: at(5), [two]: at(1) }, { [one]: at(9) }, 'behind'],
  ])('is %s', (_what, before, now, expected) => {
    const since = newSince(before, now, time(7));
    expect(typeof since === 'object' ? since.time : since).toBe(expected);
  });

  it('counts from the oldest of those that were read one after the other', () => {
    const states = [{ [one]: at(5), [two]: at(3) }, { [one]: at(4) }];
    expect(commonState(states)).toEqual({ [one]: at(4), [two]: at(3) });
    expect(commonState([...states, undefined])).toBeUndefined();
  });
});

describe('the cursor of a sync', () => {
  const cursor = (server: string, replicated?: Readonly<Record<string, string>>) => ({
    server,
    time: time(7),
    ...(replicated && { replicated }),
  });

  it('of one server is of no use at another one that does not say what it has', () => {
    expect(continuation(cursor('ldap://a'), cursor('ldap://a'))).toEqual(cursor('ldap://a'));
    expect(continuation(cursor('ldap://a'), cursor('ldap://b'))).toBeUndefined();
    expect(continuation(cursor('ldap://a', { [one]: at(5) }), cursor('ldap://a'))).toBeUndefined();
    expect(continuation({ server: 'a', usn: 5 }, { server: 'b', usn: 7 })).toBeUndefined();
    expect(continuation({ server: 'a', usn: 5 }, { server: 'a', usn: 7 })).toEqual({ server: 'a', usn: 5 });
  });

  it('of several bases is of one server, and has what all of them had', () => {
    expect(cursorOfAll([cursor('a', { [one]: at(5) }), cursor('a', { [one]: at(4) })])).toEqual(
      cursor('a', { [one]: at(4) }),
    );
    expect(cursorOfAll([cursor('a', { [one]: at(5) }), cursor('a')])).toEqual(cursor('a'));
    expect(cursorOfAll([cursor('a'), cursor('b')])).toBeUndefined();
    expect(cursorOfAll([cursor('a'), undefined])).toBeUndefined();
  });
});
