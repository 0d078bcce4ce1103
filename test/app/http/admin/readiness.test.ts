import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { healthOf } from '../../../../src/app/http/admin/readiness.js';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { alice, FakeDirectory } from '../../../support/fakes.js';
import { openTestDomain } from '../../../support/test-domain.js';

const database = { check: async () => ({ isOk: true }) };
const jobs = { backlog: async () => [{ kind: 'onbind', waiting: 3, retried: 1, oldestAt: 0 }] };

it('readiness says of a mirror why everything is read instead of what changed', async () => {
  const staff = new FakeDirectory();
  staff.isFollowable = true;
  staff.put('1', alice, [email('a@example.org')]);
  const { mirrorService, pepperService, clock } = await openTestDomain({ directories: [staff] });
  const health = healthOf(database, jobs, mirrorService, pepperService, [], clock, new Registry(), false);
  await mirrorService.sync('staff');
  expect((await health.ready()).checks).toMatchObject({ mirrors: { staff: { ok: true, entries: 1, ageSeconds: 0 } } });

  staff.incrementalProblem = 'dc1: time limit exceeded';
  await mirrorService.sync('staff', { isIncremental: true });
  expect((await health.ready()).checks).toMatchObject({
    mirrors: { staff: { ok: true, incrementalProblem: 'dc1: time limit exceeded' } },
  });
});

it('readiness counts what waits to be sent, and asks nothing of a database that is away', async () => {
  const { mirrorService, pepperService, clock } = await openTestDomain({ directories: [new FakeDirectory()] });
  const args = [mirrorService, pepperService, [], clock, new Registry(), false] as const;
  expect((await healthOf(database, jobs, ...args).ready()).checks).toMatchObject({
    jobs: { onbind: { waiting: 3, retried: 1, oldestSeconds: Math.round(clock.now() / 1000) } },
  });
  const away = { check: async () => ({ isOk: false, failure: 'its disk is full' }) };
  const never = { backlog: () => Promise.reject(new Error('is not asked')) };
  expect(await healthOf(away, never, ...args).ready()).toMatchObject({
    ok: false,
    checks: { database: false, databaseFailure: 'its disk is full', mirrors: { staff: { ok: false } } },
  });
});
