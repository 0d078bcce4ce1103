import { describe, expect, it } from 'vitest';
import { BindAccount, type BindPassword, BindPausedError } from '../../../src/adapters/ldap/connection/bind-account.js';
import { FakeClock } from '../../support/fakes.js';

const MINUTE_MS = 60_000;

/** A directory of several servers that accept one password. */
function accountOf(password: string, reread?: () => BindPassword) {
  const clock = new FakeClock();
  const tries: { readonly password: string; readonly at: number }[] = [];
  const start = clock.now();
  const account = new BindAccount('cn=islet', { value: password }, clock, reread);
  let isBusy = false;
  const bind = () =>
    account.use(async ({ value }) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await new Promise((resolve) => setImmediate(resolve));
      isBusy = false;
      tries.push({ password: value, at: (clock.now() - start) / MINUTE_MS });
      if (value === 'right') return;
      throw new Error('bind refused', { cause: Object.assign(new Error('no'), { code: 49 }) });
    });
  return { account, clock, tries, bind };
}

describe('the password of a directory', () => {
  it('that is wrong is tried fewer than five times in an hour, over all servers and connections together', async () => {
    const { clock, tries, bind } = accountOf('wrong');
    for (let minute = 0; minute < 180; minute++) {
      await Promise.allSettled([bind(), bind(), bind(), bind()]);
      clock.pass(MINUTE_MS);
    }
    const pauses = tries.slice(1).map(({ at }, index) => at - (tries[index]?.at ?? 0));
    expect(pauses).toEqual([5, 10, 25, 60, 60]);
    for (const { at: from } of tries) {
      expect(tries.filter(({ at }) => at >= from && at < from + 60).length).toBeLessThan(5);
    }
  });

  it('that was correct until the directory changed it is not tried more often, however many connections try at once', async () => {
    const clock = new FakeClock();
    let [isChanged, refused] = [false, 0];
    const account = new BindAccount('cn=islet', { value: 'was right' }, clock);
    const bind = () =>
      account.use(async () => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        if (!isChanged) return;
        refused += 1;
        throw new Error('bind refused', { cause: Object.assign(new Error('no'), { code: 49 }) });
      });
    await Promise.all(Array.from({ length: 20 }, bind));
    isChanged = true;
    for (let minute = 0; minute < 59; minute++) {
      await Promise.allSettled(Array.from({ length: 20 }, bind));
      clock.pass(MINUTE_MS);
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(5);
  });

  it('is tried at once after it was replaced, and no pause remains if it is correct', async () => {
    let stored = 'wrong';
    const { account, tries, bind } = accountOf('wrong', () => ({ value: stored, from: 'file /pw' }));
    await expect(bind()).rejects.toThrow('bind refused');
    await expect(bind()).rejects.toThrow(BindPausedError);
    expect(account.pause).toContain('or with another password');
    stored = 'right';
    await bind();
    expect(tries.map(({ password }) => password)).toEqual(['wrong', 'right']);
    expect(account).toMatchObject({ isGood: true, pause: undefined, refusedWith: undefined });
  });

  it('that is correct, of an account that Active Directory has disabled, is tried without a pause', async () => {
    const details = '80090308: LdapErr: DSID-0C09050E, comment: AcceptSecurityContext error, data 533, v4563';
    const account = new BindAccount('cn=islet', { value: 'right' }, new FakeClock());
    const bind = () =>
      account.use(() => {
        throw new Error('bind refused', { cause: Object.assign(new Error(details), { code: 49 }) });
      });
    for (let time = 0; time < 3; time++) await expect(bind()).rejects.toThrow('bind refused');
    expect(account).toMatchObject({ isGood: false, pause: undefined, refusedWith: { message: details } });
  });

  it('is tried again at the request of the operator', async () => {
    const { account, tries, bind } = accountOf('wrong');
    await expect(bind()).rejects.toThrow('bind refused');
    account.reload();
    await expect(bind()).rejects.toThrow('bind refused');
    await expect(bind()).rejects.toThrow(BindPausedError);
    expect(tries).toHaveLength(2);
  });

  it('is tried at another server while one does not answer', async () => {
    const { account, tries, bind } = accountOf('right');
    const silent = account.use(() => new Promise(() => undefined));
    await bind();
    expect(tries).toHaveLength(1);
    const second = account.use(() => new Promise(() => undefined));
    await bind();
    expect(await Promise.race([silent, second, Promise.resolve('waiting')])).toBe('waiting');
  });

  it('is not paused by a server that cannot be reached', async () => {
    const { account } = accountOf('right');
    await expect(account.use(() => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
    expect(account.pause).toBeUndefined();
  });
});
