import type { Knex } from 'knex';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { healthOf } from '../../../../src/app/http/admin/readiness.js';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { alice, FakeDirectory } from '../../../support/fakes.js';
import { openTestDomain } from '../../../support/test-domain.js';

const database = { raw: async () => [] } as unknown as Knex;

it('readiness says of a mirror why everything is read instead of what changed', async () => {
  const staff = new FakeDirectory();
  staff.isFollowable = true;
  staff.put('1', alice, [email('a@example.org')]);
  const { mirrorService, pepperService, clock } = await openTestDomain({ directories: [staff] });
  const health = healthOf(database, mirrorService, pepperService, [], clock, new Registry(), false);
  await mirrorService.sync('staff');
  expect((await health.ready()).checks).toMatchObject({ mirrors: { staff: { ok: true, entries: 1, ageSeconds: 0 } } });

  staff.incrementalProblem = 'dc1: time limit exceeded';
  await mirrorService.sync('staff', { isIncremental: true });
  expect((await health.ready()).checks).toMatchObject({
    mirrors: { staff: { ok: true, incrementalProblem: 'dc1: time limit exceeded' } },
  });
});
