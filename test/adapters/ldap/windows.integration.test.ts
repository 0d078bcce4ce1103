import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import { ldapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { AdStandIn } from '../../support/ad-stand-in.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { listed } from '../../support/ldap.js';

const PEOPLE = 11;
const addresses = Array.from({ length: PEOPLE }, (_, person) =>
  Array.from({ length: person === 4 ? 8 : 1 }, (_, index) => `smtp:u${person}.${index}@example.org`),
);

describe('a Windows domain controller, where it differs from Samba', () => {
  let controller: AdStandIn;
  beforeAll(async () => {
    controller = await AdStandIn.start(addresses, { maxPageSize: 4, maxValRange: 3 });
  });
  afterAll(() => controller.stop());

  async function list(options: Partial<LdapOptions> = {}) {
    const recorded = new RecordingTelemetry();
    const source = ldapSource(
      {
        name: 'ad',
        urls: [controller.url],
        bindDn: 'islet@example.org',
        password: 'pass',
        preset: 'activeDirectory',
        bases: ['DC=example,DC=org'],
        homeserver: 'example.org',
        timeLimitMs: 10_000,
        connections: 1,
        pageSize: 1_000,
        ...options,
      },
      recorded,
    );
    try {
      return { entries: await listed(source), recorded };
    } finally {
      await source.close();
    }
  }

  it('is listed completely although it returns shorter pages than requested', async () => {
    controller.pages.length = 0;
    const { entries } = await list();
    expect(entries.map((entry) => entry.parse().person?.mxid)).toEqual(
      addresses.map((_, index) => `@u${index}:example.org`),
    );
    // The first request is for comparison with the pages; the others are for the rest of a long attribute.
    expect(controller.pages.filter((count) => count > 1)).toEqual([4, 4, 4, 3]);
  });

  it('is queried for the rest of a long attribute between two pages, over the same connection', async () => {
    const { entries } = await list({ pageSize: 2 });
    expect(entries).toHaveLength(PEOPLE);
    expect(entries[4]?.parse().person?.threepids).toEqual(
      Array.from({ length: 8 }, (_, index) => email(`u4.${index}@example.org`)),
    );
  });

  it('does not follow referrals, and reports them', async () => {
    expect((await list()).recorded.all('referrals to other servers are not followed')).toHaveLength(1);
  });

  it('is reported to require a bind if none is configured', async () => {
    await expect(list({ bindDn: undefined, password: undefined })).rejects.toThrow(
      'operations error (anonymous search is not allowed: set bindDn)',
    );
  });
});
