import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import type { LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { ShutdownError } from '../../../src/domain/shared/errors.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import type { Clock } from '../../../src/ports/clock.js';
import { FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { eventually } from '../../support/eventually.js';
import { listed, sourceOf } from '../../support/ldap.js';
import { person, unit } from '../../support/ldif.js';
import { freePort } from '../../support/ports.js';
import { Slapd } from '../../support/slapd.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

const anna = email('anna@example.org');
const found = [{ threepid: anna, mxid: '@anna:example.org' }];
const crowd = Array.from({ length: 500 }, (_, index) => person(`user${index}`)).join('');
const TIME_LIMIT_MS = 1_000;

/** The running timers. */
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** The value of `count` once nothing more is closed. */
async function settled(count: () => number, wanted: number): Promise<number> {
  await eventually(() => count() <= wanted).catch(() => undefined);
  return count();
}

async function took(work: Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work.catch(() => undefined);
  return performance.now() - since;
}

describe('a directory that fails', () => {
  let syncCursor = '';
  let slapd: Slapd;
  let source: LdapSource;
  let recorded: RecordingTelemetry;
  beforeEach(async () => {
    slapd = await Slapd.start({
      ldif: unit('people') + person('anna', { mail: 'anna@example.org' }) + crowd,
      // A client without a bind sees nothing, and gets no error.
      database: ['access to attrs=userPassword by anonymous auth', 'access to * by users read by anonymous search'],
    });
    make();
  });
  afterEach(async () => {
    await source.close();
    await slapd.stop();
  });

  function make(options: Partial<LdapOptions> = {}, clock?: Clock): void {
    recorded = new RecordingTelemetry();
    source = sourceOf(slapd, { timeLimitMs: TIME_LIMIT_MS, stallLimitMs: TIME_LIMIT_MS, ...options }, recorded, clock);
  }

  it('leaves no socket and no timer behind after hundreds of lookups while it is down', async () => {
    const proxy = await TcpProxy.to(slapd.port);
    make({ urls: [`ldap://127.0.0.1:${proxy.port}`] });
    const before = timers();
    expect(await source.find([anna])).toEqual(found);
    await slapd.pause();
    for (let turn = 0; turn < 4; turn++) {
      const since = performance.now();
      const lookups = Array.from({ length: 100 }, () => source.find([anna]));
      const results = await Promise.allSettled(lookups);
      expect(results.every(({ status }) => status === 'rejected')).toBe(true);
      expect(performance.now() - since).toBeLessThan(TIME_LIMIT_MS * 10);
    }
    expect(await settled(() => proxy.open, 0)).toBe(0);
    expect(await settled(timers, before)).toBeLessThanOrEqual(before);
    slapd.resume();
    await proxy.stop();
  });

  it('answers as soon as it is restarted', async () => {
    expect(await source.find([anna])).toEqual(found);
    await slapd.restart();
    expect(await source.find([anna])).toEqual(found);
    await slapd.kill();
    await expect(source.find([anna])).rejects.toThrow('the connection is refused');
    await slapd.restart();
    expect(await eventually(() => source.find([anna]).catch(() => undefined))).toEqual(found);
    expect(recorded.all('directory works again')).toHaveLength(1);
  });

  it('is logged once, not for each lookup', async () => {
    await slapd.kill();
    for (let lookup = 0; lookup < 30; lookup++) await took(source.find([anna]));
    expect(recorded.all('directory failed')).toEqual([
      { source: 'staff', what: `server ${slapd.url}`, problem: `${slapd.url}: the connection is refused` },
    ]);
    expect(inspect(recorded.lines, { depth: 20 })).not.toMatch(/anna|secret/);
    expect(recorded.counted[0]).toEqual({ name: 'ldap_failures', labels: { source: 'staff' } });
  });

  it('is logged once if it answers too late, without the addresses', async () => {
    expect(await source.find([anna])).toEqual(found);
    await slapd.pause();
    await Promise.allSettled([source.find([anna]), source.find([anna])]);
    slapd.resume();
    const problem = expect.stringMatching(/no answer within 1 s/);
    expect(recorded.all('directory failed')).toContainEqual({ source: 'staff', what: 'lookups', problem });
    expect(recorded.all('directory failed').filter(({ what }) => what === 'lookups')).toHaveLength(1);
    expect(inspect(recorded.lines, { depth: 20 })).not.toMatch(/anna|secret/);
  });

  it('is never queried over a connection that lost its bind', async () => {
    const proxy = await TcpProxy.to(slapd.port);
    make({ urls: [`ldap://127.0.0.1:${proxy.port}`] });
    expect(await source.find([anna])).toEqual(found);
    proxy.cut();
    expect(await source.find([anna])).toEqual(found);
    expect(proxy.accepted).toBe(2);
    await proxy.stop();
  });

  it('counts as failed, not as empty, if the password was changed while the connection was lost', async () => {
    const proxy = await TcpProxy.to(slapd.port);
    const reader = 'uid=user1,ou=people,dc=example,dc=org';
    const password = (text: string) =>
      slapd.modify(`dn: ${reader}\nchangetype: modify\nreplace: userPassword\nuserPassword: ${text}\n`);
    await password('first');
    make({ urls: [`ldap://127.0.0.1:${proxy.port}`], bindDn: reader, password: 'first' });
    expect(await source.find([anna])).toEqual(found);
    await password('second');
    proxy.cut();
    await expect(source.find([anna])).rejects.toThrow(`bind refused for ${reader}: invalid credentials`);
    await expect(listed(source)).rejects.toThrow('invalid credentials');
    await proxy.stop();
  });

  it('causes an error when it stops answering in the middle of a listing', async () => {
    make({ pageSize: 50 });
    const pages = source.list()[Symbol.asyncIterator]();
    expect((await pages.next()).value?.entries).toHaveLength(50);
    await slapd.pause();
    await expect(toEnd(pages)).rejects.toThrow('no answer within 1 s');
    slapd.resume();
  });

  it('causes an error when it is killed in the middle of a listing', async () => {
    make({ pageSize: 50 });
    const pages = source.list()[Symbol.asyncIterator]();
    await pages.next();
    await slapd.kill();
    await expect(toEnd(pages)).rejects.toThrow(/the connection was lost|the connection was closed/);
  });

  it('causes an error when the network stops in the middle of a page', async () => {
    let count = 0;
    const proxy = await TcpProxy.to(slapd.port, (data) => (count += data.length) < 20_000);
    make({ urls: [`ldap://127.0.0.1:${proxy.port}`] });
    const since = performance.now();
    await expect(listed(source)).rejects.toThrow('no answer within');
    // Each of its searches waits for this limit only.
    expect(performance.now() - since).toBeLessThan(TIME_LIMIT_MS * 10);
    await proxy.stop();
  });

  it.each([
    ['a listing', { stallLimitMs: 60_000, listsInThread: true }, () => listed(source)],
    ['a search for changes', { stallLimitMs: 60_000 }, () => source.changes(syncCursor)],
  ])('does not delay the shutdown of Islet during %s', async (_case, options, ask) => {
    let isSilent = false;
    // It accepts the bind, and then does not answer.
    const proxy = await TcpProxy.to(slapd.port, (data) => !isSilent || data.includes('\x61'));
    make({ urls: [`ldap://127.0.0.1:${proxy.port}`], ...options });
    for await (const _page of source.list((text) => (syncCursor = text)));
    const before = proxy.accepted;
    isSilent = true;
    const asked = ask();
    await eventually(() => proxy.accepted === before + 1);
    source.abort();
    await expect(asked).rejects.toBeInstanceOf(ShutdownError);
    expect(await settled(() => proxy.open, 0)).toBe(0);
    await proxy.stop();
  });

  it('has its connection closed when a listing is not read to the end', async () => {
    const proxy = await TcpProxy.to(slapd.port);
    make({ urls: [`ldap://127.0.0.1:${proxy.port}`], pageSize: 50 });
    for await (const { entries } of source.list()) {
      expect(entries).toHaveLength(50);
      expect(proxy.open).toBe(2);
      break;
    }
    expect(await settled(() => proxy.open, 0)).toBe(0);
    await proxy.stop();
  });

  it('is not mistaken for an empty one if a base does not exist', async () => {
    make({ bases: ['ou=nowhere,dc=example,dc=org'] });
    await expect(source.find([anna])).rejects.toThrow('no such object');
    await expect(listed(source)).rejects.toThrow('no such object');
  });

  it('causes no delay if another of its servers works', async () => {
    const dead = `ldap://127.0.0.1:${await freePort()}`;
    make({ urls: [dead, slapd.url] });
    expect(await source.find([anna])).toEqual(found);
    expect(await listed(source)).toHaveLength(501);
    expect(recorded.all('directory failed')).toHaveLength(1);
  });

  it('causes one delay if a server does not answer, until a listing finds that it works again', async () => {
    let isSilent = true;
    const silent = await TcpProxy.to(slapd.port, () => !isSilent);
    const working = await TcpProxy.to(slapd.port);
    const clock = new FakeClock();
    make({ urls: [silent, working].map(({ port }) => `ldap://127.0.0.1:${port}`) }, clock);
    for (let lookup = 0; lookup < 10; lookup++) {
      expect(await source.find([anna])).toEqual(found);
      working.cut();
      clock.pass(10 * 60_000);
    }
    expect(working.accepted).toBe(10);
    expect(silent.accepted).toBe(1);

    isSilent = false;
    expect(await listed(source)).toHaveLength(501);
    // Both were tried; the one that is back is used when a new connection is opened.
    working.cut();
    await eventually(() => working.open === 0);
    const { accepted } = working;
    silent.cut();
    expect(await source.find([anna])).toEqual(found);
    expect(working.accepted).toBe(accepted);
    await Promise.all([silent.stop(), working.stop()]);
  });

  it.each([false, true])(
    'is tried in parallel with servers that work, and not before them (in a thread: %s)',
    async (listsInThread) => {
      const silent = await TcpProxy.to(slapd.port, () => false);
      const clock = new FakeClock();
      make({ urls: [`ldap://127.0.0.1:${silent.port}`, slapd.url], listsInThread }, clock);
      const openWhileListed = async () => {
        clock.pass(10 * 60_000);
        const pages = source.list();
        expect((await pages.next()).done).toBe(false);
        const { open } = silent;
        await toEnd(pages);
        return open;
      };
      await openWhileListed();
      // The first request that waited for it has given it up.
      await eventually(() => silent.open === 0);
      expect(await openWhileListed()).toBeGreaterThan(0);
      await silent.stop();
    },
  );

  it('is queried again after the clock was set back, however long its backoff was', async () => {
    let isDown = true;
    const proxy = await TcpProxy.to(slapd.port, () => {
      if (isDown) proxy.cut();
      return !isDown;
    });
    const clock = new FakeClock();
    make({ urls: [`ldap://127.0.0.1:${proxy.port}`] }, clock);
    await expect(source.find([anna])).rejects.toThrow(`ldap://127.0.0.1:${proxy.port}`);
    isDown = false;
    await expect(source.find([anna])).rejects.toThrow(`ldap://127.0.0.1:${proxy.port}`);
    clock.pass(-60 * 60_000);
    expect(await source.find([anna])).toEqual(found);
    await proxy.stop();
  });
});

/** Reads all remaining pages. */
async function toEnd(pages: AsyncIterator<unknown>): Promise<void> {
  while (!(await pages.next()).done);
}
