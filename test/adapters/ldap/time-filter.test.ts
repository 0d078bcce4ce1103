import type { Filter } from 'ldapjs';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../src/adapters/ldap/protocol/filter-parser.js';
import { atThisTime, passedSince, timedAttributes } from '../../../src/adapters/ldap/protocol/time-filter.js';

const NOON = Date.UTC(2026, 0, 1, 12);

/** The filter as it is sent, as text. */
const sent = (filter: Filter): string =>
  (filter as unknown as { toBer(): { readonly buffer: Buffer } }).toBer().buffer.toString('latin1');

describe('the placeholder {now} in a filter', () => {
  it.each([
    ['(accountExpires<={now})', '134117424000000000'],
    ['(shadowExpire>={now})', '20454'],
    ['(sambaKickoffTime>={now})', '1767268800'],
    ['(krbPrincipalExpiration>={now})', '20260101120000Z'],
    ['(whenCreated>={now})', '20260101120000.0Z'],
  ])('is replaced, in %s, by the time in the format of the attribute: %s', (filter, text) => {
    expect(sent(parseFilter(filter, () => NOON))).toContain(text);
  });

  it('is replaced by the current time whenever the filter is sent', () => {
    let now = NOON;
    const filter = parseFilter('(&(uid=*)(!(pwdEndTime<={now})))', () => now);
    expect(sent(filter)).toContain('20260101120000Z');
    now += 60_000;
    expect(sent(filter)).toContain('20260101120100Z');
    expect(timedAttributes(filter)).toEqual(['pwdEndTime']);
  });

  it('is replaced by the same time on all pages of a search', () => {
    let now = NOON;
    const filter = parseFilter('(&(uid=a*)(|(!(pwdEndTime<={now}))(shadowExpire>={now}))(cn~=b))', () => now);
    const before = sent(filter);
    const asked = atThisTime(filter);
    expect(sent(asked)).toBe(before);
    now += 24 * 3_600_000;
    expect(sent(asked)).toBe(before);
    expect(sent(filter)).not.toBe(before);
  });

  it('is refused if a time cannot be compared, and is an ordinary value elsewhere', () => {
    expect(() => parseFilter('(shadowExpire~={now})')).toThrow('{now} can be compared only with');
    expect(sent(parseFilter('(cn={now})'))).toContain('{now}');
  });

  it('is replaced by a range of time in a search for times that passed since the last one', () => {
    const text = sent(passedSince('pwdEndTime', NOON, NOON + 60_000));
    expect([text.includes('20260101120000Z'), text.includes('20260101120100Z')]).toEqual([true, true]);
  });
});
