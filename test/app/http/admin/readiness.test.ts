import { describe, expect, it } from 'vitest';
import type { DatabaseState } from '../../../../src/adapters/knex/database-monitor.js';
import { openReadiness } from '../../../../src/app/http/admin/readiness.js';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { alice, FakeDirectory } from '../../../support/fakes.js';
import { openTestDomain } from '../../../support/test-domain.js';

const a = email('a@example.org');
const jobs = { backlog: async () => [{ kind: 'onbind', waiting: 3, retried: 1, oldestAt: 0 }] };

async function open(...directories: readonly FakeDirectory[]) {
  const domain = await openTestDomain({ directories });
  const { mirrorService, pepperService, clock } = domain;
  const database: { state: DatabaseState } = { state: { isOk: true } };
  const backlog = { ...jobs };
  const deps = { mirrorService, pepperService, clock, jobs: backlog, configuredSources: [], accounts: false } as const;
  const start = () => openReadiness({ ...deps, database: { check: async () => database.state } });
  return { ...domain, database, backlog, start, ready: await start() };
}

describe('readiness', () => {
  it('says for a mirror why it is synced fully instead of incrementally', async () => {
    const staff = new FakeDirectory();
    staff.isFollowable = true;
    staff.put('1', alice, [a]);
    const { mirrorService, ready } = await open(staff);
    await mirrorService.sync('staff');
    expect((await ready())['checks']).toMatchObject({ mirrors: { staff: { ok: true, entries: 1, ageSeconds: 0 } } });

    staff.incrementalProblem = 'dc1: time limit exceeded';
    await mirrorService.sync('staff', { isIncremental: true });
    expect((await ready())['checks']).toMatchObject({
      mirrors: { staff: { ok: true, incrementalProblem: 'dc1: time limit exceeded' } },
    });
  });

  it('counts waiting jobs, and sends no query to a database that is down', async () => {
    const { ready, database, backlog, mirrorService, clock } = await open(new FakeDirectory());
    expect((await ready())['checks']).toMatchObject({
      jobs: { onbind: { waiting: 3, retried: 1, oldestSeconds: Math.round(clock.now() / 1000) } },
    });
    await mirrorService.sync('staff', { isForced: true });
    await ready();
    const seenAt = clock.now();
    clock.pass(60_000);
    database.state = { isOk: false, failure: 'its disk is full' };
    backlog.backlog = () => Promise.reject(new Error('is not asked'));
    expect(await ready()).toMatchObject({
      ok: false,
      state: 'down',
      checks: { database: false, databaseFailure: 'its disk is full', mirrors: { staff: { ok: false } } },
      parts: [
        { part: 'database', state: 'down', since: clock.now(), why: 'its disk is full' },
        { part: 'pepper', state: 'ok' },
        { part: 'mirror staff', state: 'ok', since: seenAt },
      ],
    });
  });

  it('is `starting` on the first start until every directory was tried and one is read', async () => {
    const [staff, guests] = [new FakeDirectory(), new FakeDirectory('guests')];
    staff.put('1', alice, [a]);
    const { mirrorService, ready } = await open(staff, guests);
    const mirror = { part: 'mirror staff', state: 'starting', why: 'its first sync has not ended' };
    expect(await ready()).toMatchObject({ ok: false, state: 'starting', parts: [{}, {}, mirror, {}] });

    // A lookup would find nobody.
    staff.failure = new Error('connection refused');
    guests.failure = new Error('connection refused');
    await mirrorService.sync('staff');
    await mirrorService.sync('guests');
    expect(await ready()).toMatchObject({ ok: false, state: 'starting' });

    staff.failure = undefined;
    await mirrorService.sync('staff');
    expect(await ready()).toMatchObject({
      ok: true,
      state: 'degraded',
      parts: [{}, {}, { state: 'ok' }, { state: 'degraded', why: 'it was never read: connection refused' }],
    });
  });

  it('is kept when a directory is added later', async () => {
    const [staff, guests] = [new FakeDirectory(), new FakeDirectory('guests')];
    staff.put('1', alice, [a]);
    const { mirrorService, start } = await open(staff, guests);
    await mirrorService.sync('staff');
    const ready = await start();
    expect(await ready()).toMatchObject({
      ok: true,
      state: 'degraded',
      parts: [{}, {}, { state: 'ok' }, { part: 'mirror guests', state: 'starting' }],
    });
  });

  it('says since when a directory cannot be read, also after a restart, and since when it works again', async () => {
    const staff = new FakeDirectory();
    staff.put('1', alice, [a]);
    const { mirrorService, ready, start, clock } = await open(staff);
    await mirrorService.sync('staff');
    clock.pass(60_000);
    const since = clock.now();
    staff.failure = new Error('connection refused');
    for (let i = 0; i < 3; i++) {
      await mirrorService.sync('staff');
      clock.pass(60_000);
    }
    const failing = { part: 'mirror staff', state: 'degraded', since, why: 'connection refused' };
    for (const asked of [ready, await start()]) {
      expect(await asked()).toMatchObject({ ok: true, state: 'degraded', parts: [{}, {}, failing] });
    }
    staff.failure = undefined;
    await mirrorService.sync('staff');
    const recoveredAt = clock.now();
    await ready();
    clock.pass(60_000);
    expect(await ready()).toMatchObject({
      state: 'ok',
      parts: [{}, {}, { part: 'mirror staff', state: 'ok', since: recoveredAt }],
    });
  });
});
