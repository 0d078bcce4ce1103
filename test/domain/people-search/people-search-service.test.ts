import { beforeEach, describe, expect, it } from 'vitest';
import { NameIndexUpdater } from '../../../src/domain/people-search/name-index-updater.js';
import { MemoryNameIndex } from '../../support/memory/name-index.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { FakeDirectory } from '../../support/fakes.js';
import { openTestDomain, type TestDomain, type TestDomainSettings } from '../../support/test-domain.js';

const asker: Mxid = '@asker:example.org';
const named = (name: string | undefined, ...keywords: readonly string[]) => ({
  searchText: { ...(name !== undefined && { name }), keywords },
});

describe('the search for people', () => {
  let staff: FakeDirectory;
  let domain: TestDomain;

  async function open(settings: TestDomainSettings = {}): Promise<void> {
    domain = await openTestDomain({ directories: [staff], search: {}, ...settings });
    await domain.sync('staff');
    await domain.search?.nameIndexUpdater.catchUp();
  }
  const find = async (query: string, limit = 10, user = asker) =>
    domain.search!.peopleSearchService.search({ user, client: '192.0.2.1' }, query, limit);
  const names = async (query: string, limit?: number) => (await find(query, limit)).people.map(({ mxid }) => mxid);
  const syncAgain = async (): Promise<void> => {
    await domain.sync('staff', { isForced: true });
    await domain.search?.nameIndexUpdater.catchUp();
  };

  beforeEach(() => {
    staff = new FakeDirectory();
    staff.keepsNames = true;
    staff.put(
      '1',
      '@anna:example.org',
      [email('anna.m@example.org'), msisdn('492215551234')],
      named('Anna Müller', 'HR'),
    );
    staff.put('2', '@hannes:example.org', [email('hannes@example.org')], named('Hannes Mühlbauer'));
    staff.put('3', '@xk7:example.org', [], named(undefined, 'Kim'));
  });

  it('finds people by the beginning of a name', async () => {
    await open();
    expect(await find('mülle')).toMatchObject({
      people: [{ mxid: '@anna:example.org', name: 'Anna Müller', source: 'staff' }],
      isLimited: false,
    });
    expect(await names('mueller an')).toEqual(['@anna:example.org']);
  });

  it('finds people by other searched attributes, and by their user name', async () => {
    await open();
    expect(await names('kim')).toEqual(['@xk7:example.org']);
    expect(await names('xk7')).toEqual(['@xk7:example.org']);
  });

  it('finds complete user IDs and addresses', async () => {
    await open();
    expect(await names('@xk7:example.org')).toEqual(['@xk7:example.org']);
    expect(await names(' Anna.M@example.org ')).toEqual(['@anna:example.org']);
    expect(await names('+49 221 5551234')).toEqual(['@anna:example.org']);
    expect(await names('00492215551234')).toEqual(['@anna:example.org']);
    expect(await names('anna.m@example.net')).toEqual([]);
  });

  it('does not show the searcher', async () => {
    await open();
    expect((await find('anna', 10, '@anna:example.org')).people).toEqual([]);
  });

  it('follows the directory when people are renamed, leave or join', async () => {
    await open();
    staff.put('1', '@anna:example.org', [email('anna.m@example.org')], named('Anna Schmidt'));
    staff.put('4', '@neu:example.org', [], named('Nina Neu'));
    staff.remove('2');
    await syncAgain();
    expect([await names('mülle'), await names('schmidt'), await names('nina'), await names('hannes')]).toEqual([
      [],
      ['@anna:example.org'],
      ['@neu:example.org'],
      [],
    ]);
  });

  it('finds known people after a restart', async () => {
    await open();
    const again = await openTestDomain({ directories: [staff], search: {}, sharedWith: domain });
    const { people } = again.search!.peopleSearchService.explain(asker, 'mülle');
    expect(people.map(({ mxid }) => mxid)).toEqual(['@anna:example.org']);
  });

  it('reads people again that could not be read at the start', async () => {
    await open();
    const { feed, mirrors } = domain.stores;
    let isGone = true;
    const position = async () => {
      if (isGone) throw new Error('The database is gone');
      return feed.position();
    };
    const names = new MemoryNameIndex();
    const rules = { sources: ['staff'], derivedIdSources: new Set(['staff']), phoneDigits: 0 };
    const updater = new NameIndexUpdater({ position, since: (after) => feed.since(after) }, names, mirrors, rules);
    await expect(updater.start()).rejects.toThrow('The database is gone');
    isGone = false;
    await updater.catchUp();
    expect(names.size().people).toBe(3);
  });

  it('has the people whom another instance synced', async () => {
    await open();
    const other = await openTestDomain({ directories: [staff], search: {}, sharedWith: domain });
    staff.put('4', '@neu:example.org', [], named('Nina Neu'));
    await domain.sync('staff');
    await other.search!.nameIndexUpdater.catchUp();
    expect(other.search!.peopleSearchService.explain(asker, 'nina').people).toHaveLength(1);
  });

  it('never shows people who are unlisted', async () => {
    staff.put('1', '@anna:example.org', [email('anna.m@example.org')], { ...named('Anna Müller'), isUnlisted: true });
    await open();
    expect([await names('mülle'), await names('@anna:example.org'), await names('anna.m@example.org')]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it('shows no user ID that two people would get, also if the second comes later', async () => {
    await open();
    staff.put('9', '@anna:example.org', [email('anna.other@example.org')], named('Anna Andere'));
    await syncAgain();
    expect(await names('anna')).toEqual([]);
    staff.remove('9');
    await syncAgain();
    expect(await names('anna')).toEqual(['@anna:example.org']);
  });

  it('shows the name from the first source, and finds people by the names of all', async () => {
    const more = new FakeDirectory('more', false);
    more.keepsNames = true;
    more.put('a', '@anna:example.org', [email('anna.m@example.org')], named('A. Mueller-Voss', 'Vertrieb'));
    domain = await openTestDomain({ directories: [more, staff], search: { sources: ['staff', 'more'] } });
    await domain.sync('more');
    await domain.sync('staff');
    await domain.search!.nameIndexUpdater.catchUp();
    expect((await find('voss')).people).toMatchObject([{ name: 'Anna Müller', source: 'staff' }]);
    expect(await names('vertrieb')).toEqual(['@anna:example.org']);
  });

  it('says whether there are more people than it shows', async () => {
    await open({ search: { minLetters: 1 } });
    expect(await find('example', 1)).toEqual({ people: [], isLimited: false });
    expect(await find('an mü', 1)).toMatchObject({ isLimited: false });
    expect(await find('m', 1)).toMatchObject({ people: [{ mxid: '@anna:example.org' }], isLimited: true });
    await open({ search: { minLetters: 1, maxHits: 1 } });
    expect(await find('m', 50)).toMatchObject({ people: [{ mxid: '@anna:example.org' }], isLimited: true });
  });

  it('finds people by the last digits of a number only if that is configured', async () => {
    await open();
    expect(await names('1234')).toEqual([]);
    await open({ search: { phoneDigits: 4 } });
    expect(await names('1234')).toEqual(['@anna:example.org']);
    expect(await names('5551234')).toEqual([]);
  });

  it('requires a minimum number of letters', async () => {
    await open();
    expect(await find('an')).toEqual({ people: [], isLimited: false, refusal: 'too_short' });
  });

  it('shows no one to users of other homeservers, unless they are allowed', async () => {
    await open();
    const unknownUser: Mxid = '@asker:example.net';
    expect(await find('anna', 10, unknownUser)).toEqual({
      people: [],
      isLimited: false,
      refusal: 'foreign_homeserver',
    });
    expect((await find('@anna:example.org', 10, unknownUser)).people).toEqual([]);
    await open({ search: { showTo: ['example.org', 'example.net'] } });
    expect((await find('anna', 10, unknownUser)).people).toHaveLength(1);
  });

  it('shows no more people in an hour than a user may be shown', async () => {
    await open({ quotas: { search: { hitsPerUser: { amount: 2, windowMs: 60 * 60_000 } } } });
    expect(await names('anna')).toHaveLength(1);
    expect(await names('hannes')).toHaveLength(1);
    expect(await find('anna')).toEqual({ people: [], isLimited: true, refusal: 'limit_exceeded' });
    expect((await find('anna', 10, '@other:example.org')).people).toHaveLength(1);
    domain.clock.pass(61 * 60_000);
    expect(await names('anna')).toHaveLength(1);
  });

  it('logs the searcher and the number of results, but not the query', async () => {
    await open();
    await find('mülle');
    const line = { user: asker, result: 'found', shown: 1 };
    expect(domain.telemetry.all('people search')).toEqual([line]);
  });

  describe('if people need an account', () => {
    const absent = async () => {
      await domain.stores.accountStatuses.add(['@anna:example.org'], domain.clock.now());
      await domain.accountStatuses.remember(['@anna:example.org'], false);
    };

    it('hides people without an account', async () => {
      await open({ checksAccounts: true });
      await absent();
      expect(await names('mü')).toEqual([]); // too short
      expect(await names('müh')).toEqual(['@hannes:example.org']);
      expect([await names('mülle'), await names('@anna:example.org')]).toEqual([[], []]);
    });

    it('shows them marked, after all others, if that is configured', async () => {
      await open({ checksAccounts: true, search: { withoutAccount: 'last', minLetters: 1 } });
      await absent();
      expect((await find('m')).people).toMatchObject([
        { mxid: '@hannes:example.org', name: 'Hannes Mühlbauer' },
        { mxid: '@anna:example.org', name: 'Anna Müller (no account yet)', hasNoAccount: true },
      ]);
      expect((await find('m', 1)).people).toMatchObject([{ mxid: '@hannes:example.org' }]);
    });

    it('marks them with the text that is configured for their source', async () => {
      const withoutAccountNames = { staff: '{name} ({name}: nicht im Chat)', other: 'x {name}' };
      await open({ checksAccounts: true, search: { withoutAccount: 'last', withoutAccountNames } });
      await absent();
      expect((await find('mül')).people).toMatchObject([{ name: 'Anna Müller (Anna Müller: nicht im Chat)' }]);
    });
  });

  it('stores nothing if it is not configured', async () => {
    domain = await openTestDomain({ directories: [staff] });
    expect(domain.search).toBeUndefined();
  });
});
