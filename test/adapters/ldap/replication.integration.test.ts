import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import type { LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { eventually } from '../../support/eventually.js';
import { listed, sourceOf } from '../../support/ldap.js';
import { person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;
const LDIF = unit('people') + person('anna', { mail: 'anna@example.org' });
const BOB = person('bob', { mail: 'bob@example.org' }).replace(/^dn:.*$/m, '$&\nchangetype: add');
const CARLA = person('carla', { mail: 'carla@example.org' }).replace(/^dn:.*$/m, '$&\nchangetype: add');

/** Long enough after the setup that no time of a change is in the overlap of the next sync. */
const LATER_MS = 3_600_000;

describe('a directory of two OpenLDAP servers, one of which replicates the other', () => {
  let provider: Slapd;
  let replica: Slapd;
  const opened: LdapSource[] = [];
  beforeEach(async () => {
    provider = await Slapd.start({
      ldif: LDIF,
      global: ['moduleload syncprov'],
      database: ['overlay syncprov', 'syncprov-checkpoint 1 1'],
    });
    const follow = [
      `syncrepl rid=001 provider=${provider.url} type=refreshAndPersist retry="1 +" searchbase="${ROOT}"`,
      `  bindmethod=simple binddn="${provider.adminDn}" credentials=${provider.adminPassword}`,
    ];
    replica = await Slapd.start({ isEmpty: true, database: follow });
    await hasCaughtUp(1);
  });
  afterEach(async () => {
    for (const source of opened.splice(0)) await source.close();
    await Promise.all([provider.stop(), replica.stop()]);
  });

  /** Queries the servers in this order, so late that only the replication state tells what is new. */
  function open(...servers: readonly Slapd[]): LdapSource {
    const urls = servers.map(({ url }) => url);
    const source = sourceOf(provider, { urls } satisfies Partial<LdapOptions>, undefined, {
      now: () => Date.now() + LATER_MS,
    });
    opened.push(source);
    return source;
  }

  async function hasCaughtUp(people: number): Promise<void> {
    const source = open(replica);
    await eventually(async () => (await listed(source).catch(() => [])).length === people);
  }

  async function cursorOf(source: LdapSource): Promise<string> {
    let cursor = '';
    for await (const _page of source.list((made) => (cursor = made)));
    return cursor;
  }

  async function changesOf(source: LdapSource, since: string) {
    const changes = await source.changes(since);
    const labels = changes?.present.flatMap(({ entries }) => entries.map(({ label }) => label));
    return { labels, gone: changes?.gone, syncCursor: changes?.syncCursor ?? '' };
  }

  it('reports changes that a replica receives late, however old they are', async () => {
    await replica.kill();
    await provider.modify(BOB);
    await provider.kill();
    await replica.restart();
    const source = open(replica);
    const cursor = await cursorOf(source);
    expect((await changesOf(source, cursor)).labels).toEqual([]);

    await provider.restart();
    await hasCaughtUp(2);
    expect((await changesOf(source, cursor)).labels).toContain(`uid=bob,${PEOPLE}`);
  });

  it('does not undo changes or report them twice because of a replica that lags behind', async () => {
    const source = open(provider, replica);
    await provider.modify(BOB);
    await hasCaughtUp(2);
    await replica.kill();
    await provider.modify(CARLA);
    const cursor = await cursorOf(source);
    await provider.kill();
    await replica.restart();

    const behind = await changesOf(source, cursor);
    expect(behind).toEqual({ labels: [], gone: [], syncCursor: cursor });
    await provider.restart();
    await hasCaughtUp(3);
    await provider.modify(`dn: uid=bob,${PEOPLE}\nchangetype: modify\nreplace: mail\nmail: new@example.org\n`);
    const { labels } = await changesOf(source, behind.syncCursor);
    expect(labels).toContain(`uid=bob,${PEOPLE}`);
  });

  it('continues incrementally at the other server if one fails', async () => {
    const source = open(provider, replica);
    const cursor = await cursorOf(source);
    await provider.modify(BOB);
    await hasCaughtUp(2);
    await provider.kill();
    expect((await changesOf(source, cursor)).labels).toContain(`uid=bob,${PEOPLE}`);
  });
});
