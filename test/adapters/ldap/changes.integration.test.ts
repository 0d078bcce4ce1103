import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import type { LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { sourceOf } from '../../support/ldap.js';
import { person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';

const ROOT = 'dc=example,dc=org';
const PEOPLE = `ou=people,${ROOT}`;
const READER = `uid=reader,${ROOT}`;
const active = { employeeType: 'active' };

const LDIF = [
  unit('people'),
  unit('north', PEOPLE),
  unit('guests'),
  person('reader', { userPassword: 'pass' }, ROOT),
  ...['anna', 'bob', 'carla', 'dora', 'emil'].map((uid) => person(uid, { ...active, mail: `${uid}@example.org` })),
  person('nils', { ...active, mail: 'nils@example.org' }, `ou=north,${PEOPLE}`),
].join('');

const replace = (uid: string, attribute: string, value: string) =>
  `dn: uid=${uid},${PEOPLE}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n`;

const added = (ldif: string) => ldif.replaceAll(/^dn:.*$/gm, '$&\nchangetype: add');

describe('the changes of a directory', () => {
  let slapd: Slapd;
  const opened: LdapSource[] = [];
  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: LDIF });
  });
  afterAll(async () => {
    for (const source of opened) await source.close();
    await slapd.stop();
  });

  const filter = '(&(objectClass=inetOrgPerson)(employeeType=active))';
  function open(options: Partial<LdapOptions> = {}, now = () => Date.now()): LdapSource {
    const source = sourceOf(slapd, { bases: [PEOPLE, `ou=guests,${ROOT}`], filter, ...options }, undefined, { now });
    opened.push(source);
    return source;
  }

  async function syncCursorOf(source: LdapSource): Promise<string | undefined> {
    let syncCursor: string | undefined;
    for await (const _page of source.list((made) => (syncCursor = made)));
    return syncCursor;
  }

  /** The entries that changed or left, each with its base, since a listing before `change`. */
  async function after(change: string, source = open()) {
    const ids = new Map<string, string>();
    let syncCursor = '';
    for await (const { entries } of source.list((made) => (syncCursor = made))) {
      for (const { id, label } of entries) ids.set(id, label);
    }
    await slapd.modify(change);
    const changes = await source.changes(syncCursor);
    return {
      present: new Map(changes?.present.flatMap(({ base, entries }) => entries.map(({ label }) => [label, base]))),
      gone: changes?.gone.flatMap((id) => ids.get(id) ?? []),
    };
  }

  it('contain changed entries', async () => {
    const source = open();
    const syncCursor = await syncCursorOf(source);
    await slapd.modify(replace('anna', 'mail', 'anna.meier@example.org'));
    const entries = (await source.changes(syncCursor ?? ''))?.present.flatMap((page) => page.entries);
    const anna = entries?.find(({ label }) => label === `uid=anna,${PEOPLE}`)?.parse();
    expect(anna?.person?.threepids).toEqual([{ medium: 'email', address: 'anna.meier@example.org' }]);
  });

  it('contain entries that no longer match the filter, whatever the filter uses', async () => {
    const { present, gone } = await after(replace('bob', 'employeeType', 'left'));
    expect(gone).toEqual([`uid=bob,${PEOPLE}`]);
    expect(present.has(`uid=bob,${PEOPLE}`)).toBe(false);
  });

  it('contain entries that match the filter again', async () => {
    expect((await after(replace('bob', 'employeeType', 'active'))).present.get(`uid=bob,${PEOPLE}`)).toBe(PEOPLE);
  });

  it('contain new entries, also those without a user', async () => {
    const { present, gone } = await after(
      added(person('fritz', { ...active, mail: 'fritz@example.org' }) + person('printer', { employeeType: 'none' })),
    );
    expect(present.get(`uid=fritz,${PEOPLE}`)).toBe(PEOPLE);
    expect([...present.keys(), ...(gone ?? [])]).not.toContain(`uid=printer,${PEOPLE}`);
  });

  it('contain an entry that moved to another base once', async () => {
    const move = `dn: uid=carla,${PEOPLE}\nchangetype: modrdn\nnewrdn: uid=carla\ndeleteoldrdn: 0\nnewsuperior: ou=guests,${ROOT}\n`;
    const { present, gone } = await after(move);
    expect(present.get(`uid=carla,ou=guests,${ROOT}`)).toBe(`ou=guests,${ROOT}`);
    expect(gone).toEqual([]);
  });

  it('contain all entries when an organizational unit is renamed', async () => {
    const rename = `dn: ou=north,${PEOPLE}\nchangetype: modrdn\nnewrdn: ou=nord\ndeleteoldrdn: 1\n`;
    const { gone, present } = await after(rename);
    expect(gone).toEqual([]);
    expect([...present.keys()].filter((label) => label.startsWith('uid=nils,')).length).toBeLessThanOrEqual(1);
  });

  it('do not contain deleted entries', async () => {
    const { gone, present } = await after(`dn: uid=dora,${PEOPLE}\nchangetype: delete\n`);
    expect([gone, present.has(`uid=dora,${PEOPLE}`)]).toEqual([[], false]);
  });

  it('are read from another server if it has the same data', async () => {
    const source = open();
    const ids = new Map<string, string>();
    let syncCursor = '';
    for await (const { entries } of source.list((made) => (syncCursor = made))) {
      for (const { id, label } of entries) ids.set(label, id);
    }
    const emil = ids.get(`uid=emil,${PEOPLE}`) ?? '';
    await slapd.modify(replace('anna', 'mail', 'anna@example.net'));
    const warnings: string[] = [];
    const changes = await source.changes(syncCursor, async (changed) => {
      warnings.push(...changed.flatMap(({ entries }) => entries.map(({ label }) => label)));
      return [emil, 'somebody', 'uid=nobody,ou=people'];
    });
    expect(warnings).toContain(`uid=anna,${PEOPLE}`);
    expect(changes?.present.flatMap(({ entries }) => entries.map(({ id }) => id))).toContain(emil);
    expect([emil, 'somebody', 'uid=nobody,ou=people'].map((id) => changes?.gone.includes(id))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('are empty before the time of the sync cursor', async () => {
    const source = open({}, () => Date.now() + 3_600_000);
    const syncCursor = (await syncCursorOf(source)) ?? '';
    const changes = await source.changes(syncCursor);
    expect([changes?.present.flatMap(({ entries }) => entries), changes?.gone]).toEqual([[], []]);
    expect(JSON.parse(changes?.syncCursor ?? '')).toMatchObject({
      server: slapd.url,
      time: expect.stringMatching(/^\d{14}Z$/),
    });
  });

  it.each<[string, object]>([
    ['another server', { server: 'ldap://dc2.example.org', time: '20240101000000Z' }],
    ['a server of another product', { server: 'ldap://127.0.0.1', usn: 7 }],
  ])('cannot be read with a sync cursor of %s', async (_what, syncCursor) => {
    expect(await open().changes(JSON.stringify(syncCursor))).toBeUndefined();
  });

  it('are not read if there are too many: a full sync is used', async () => {
    const crowd = Array.from({ length: 2_001 }, (_, at) => person(`crowd${at}`, {}, `ou=guests,${ROOT}`));
    await slapd.modify(added(crowd.join('')));
    const syncCursor = JSON.stringify({ server: slapd.url, time: '20240101000000Z' });
    expect(await open().changes(syncCursor)).toBeUndefined();
  });
});

describe('a directory that refuses to report its changes', () => {
  it('falls back to a full sync, tries again after the next one, and warns the operator once', async () => {
    const units = Array.from({ length: 20 }, (_, at) => unit(`unit${at}`)).join('');
    const limits = [`limits dn.exact="${READER}" size.unchecked=15`];
    const rights = ['access to attrs=userPassword by anonymous auth', 'access to * by users read'];
    const slapd = await Slapd.start({ ldif: LDIF + units, database: [...rights, ...limits] });
    const recorded = new RecordingTelemetry();
    const source = sourceOf(slapd, { bindDn: READER, password: 'pass' }, recorded);
    try {
      const bookmarks: string[] = [];
      for await (const _page of source.list((made) => bookmarks.push(made)));
      expect(bookmarks).toHaveLength(1);
      for (let time = 0; time < 2; time++) expect(await source.changes(bookmarks[0] ?? '')).toBeUndefined();
      for await (const _page of source.list((made) => bookmarks.push(made)));
      expect(bookmarks).toHaveLength(1);
      expect(source.incrementalProblem).toContain('admin limit exceeded');
      for await (const _page of source.list((made) => bookmarks.push(made)));
      expect(bookmarks).toHaveLength(2);
      expect(await source.changes(bookmarks[1] ?? '')).toBeUndefined();
      expect(recorded.lines.map(({ message }) => message)).toEqual([
        'directory refuses incremental syncs; full syncs are used instead',
      ]);
    } finally {
      await source.close();
      await slapd.stop();
    }
  });
});

describe('a directory whose base was missing for a moment', () => {
  it('is synced incrementally again as soon as the base is back, and reports until then that it was not', async () => {
    const slapd = await Slapd.start({ ldif: LDIF });
    const recorded = new RecordingTelemetry();
    const source = sourceOf(slapd, {}, recorded);
    const renamed = (from: string, to: string) =>
      slapd.modify(`dn: ou=${from},${ROOT}\nchangetype: modrdn\nnewrdn: ou=${to}\ndeleteoldrdn: 1\n`);
    const list = async () => {
      let syncCursor: string | undefined;
      for await (const _page of source.list((made) => (syncCursor = made)));
      return syncCursor;
    };
    try {
      const syncCursor = (await list()) ?? '';
      await renamed('people', 'gone');
      expect(await source.changes(syncCursor)).toBeUndefined();
      expect(source.incrementalProblem).toContain('no such object');
      await expect(list()).rejects.toThrow('no such object');
      await renamed('gone', 'people');
      await slapd.modify(replace('bob', 'mail', 'new@example.org'));
      const changes = await source.changes(syncCursor);
      expect(changes?.present.flatMap(({ entries }) => entries.map(({ label }) => label))).toContain(
        `uid=bob,${PEOPLE}`,
      );
      expect(source.incrementalProblem).toBeUndefined();
      expect(recorded.lines.map(({ message }) => message)).toEqual([
        'directory refuses incremental syncs; full syncs are used instead',
        'directory accepts incremental syncs again',
      ]);
    } finally {
      await source.close();
      await slapd.stop();
    }
  });
});

describe('a directory that does not show', () => {
  it.each(['modifyTimestamp', 'entryUUID'])('%s has no sync cursor, and is listed as usual', async (attribute) => {
    const rights = [`access to attrs=${attribute} by * none`, 'access to attrs=userPassword by anonymous auth'];
    const slapd = await Slapd.start({ ldif: LDIF, database: [...rights, 'access to * by users read'] });
    const source = sourceOf(slapd, { bindDn: READER, password: 'pass' });
    try {
      const bookmarks: string[] = [];
      let entries = 0;
      for await (const page of source.list((made) => bookmarks.push(made))) entries += page.entries.length;
      expect([bookmarks, entries]).toEqual([[], 6]);
    } finally {
      await source.close();
      await slapd.stop();
    }
  });
});
