import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogTelemetry } from '../../../../src/adapters/system/log-telemetry.js';
import { openGauges } from '../../../../src/app/http/metrics/gauges.js';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { alice, FakeDirectory } from '../../../support/fakes.js';
import { openTestDomain } from '../../../support/test-domain.js';

describe('gauges', () => {
  let telemetry: LogTelemetry;
  beforeEach(() => {
    const stderr = Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.WriteStream;
    telemetry = new LogTelemetry({ level: 'error', format: 'json' }, stderr);
  });
  afterEach(() => telemetry.close());

  const state = { isOk: true };
  const counted = { rows: 0 };
  const open = async (staff: FakeDirectory) => {
    const domain = await openTestDomain({ directories: [staff] });
    const { mirrorService, pepperService, index, clock, stores } = domain;
    const update = openGauges({
      mirrorService,
      pepperService,
      index,
      clock,
      telemetry,
      jobs: stores.jobs,
      jobKinds: ['onbind'],
      database: { check: async () => state },
      countRows: async () => {
        counted.rows++;
        return {
          sessions: 1,
          accessTokens: 2,
          bindings: {
            active: 3,
            suspended: 4,
          },
          invitesWaiting: 5,
        };
      },
      countSkipped: async () => ({
        no_user: 6,
        unlisted: 7,
        values: 8,
      }),
    });
    return { ...domain, read: () => update().then(() => telemetry.registry.metrics()) };
  };

  it('contain the age and size of a mirror, and whether its syncs fail', async () => {
    const staff = new FakeDirectory();
    staff.put('1', alice, [email('a@example.org'), email('b@example.org')]);
    const { mirrorService, clock, read } = await open(staff);
    expect(await read()).not.toMatch(/^islet_mirror_sync_age_seconds\{/m);
    await mirrorService.sync('staff');
    clock.pass(90_000);
    staff.failure = new Error('LDAP bind failed');
    await mirrorService.sync('staff');
    const text = await read();
    for (const line of [
      'islet_mirror_entries{source="staff"} 1',
      'islet_mirror_addresses{source="staff"} 2',
      'islet_mirror_sync_age_seconds{source="staff"} 90',
      'islet_mirror_sync_failing{source="staff"} 1',
      'islet_mirror_left_out{source="staff",reason="unlisted"} 7',
      'islet_pepper_age_seconds 90',
      'islet_jobs_waiting{kind="onbind"} 0',
      'islet_jobs_oldest_seconds{kind="onbind"} 0',
      'islet_access_tokens 2',
      'islet_bindings{state="suspended"} 4',
      'islet_invites_waiting 5',
      'islet_database_available 1',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^islet_build_info\{version="[\d.]+",node="[\d.]+"\} 1$/m);
  });

  it('are counted from the database once a minute at most, and send no query to a database that is down', async () => {
    counted.rows = 0;
    const { read } = await open(new FakeDirectory());
    await read();
    await read();
    expect(counted.rows).toBe(1);
    state.isOk = false;
    expect(await read()).toMatch(/^islet_database_available 0$/m);
    state.isOk = true;
  });
});
