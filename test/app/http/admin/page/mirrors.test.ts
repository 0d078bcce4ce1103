import { describe, expect, it } from 'vitest';
import { csvLine } from '../../../../../src/app/http/admin/page/csv.js';
import { SyncHistory } from '../../../../../src/app/http/admin/page/sync-history.js';
import { email, msisdn } from '../../../../../src/domain/identifiers/threepid.js';
import { adminBrowser, type AdminBrowser } from '../../../../support/admin-browser.js';
import { ADMIN_TOKEN } from '../../../../support/test-app.js';
import { alice, bob, FakeDirectory } from '../../../../support/fakes.js';
import { useApp } from '../../../../support/http.js';

const EVIL = '<img src=x onerror=alert(1)>';

function directory(): FakeDirectory {
  const staff = new FakeDirectory();
  staff.put('alice', alice, [email('alice@example.org'), msisdn('447700900001')]);
  staff.put('bob', bob, [email('bob@example.org'), email('office@example.org')]);
  staff.put('carol', '@carol:example.org', [email('office@example.org')], { skipped: ['mobile: no calling code'] });
  staff.put(EVIL, undefined, [], { skipped: ["=HYPERLINK('http://evil.example')", 'uid: is missing'] });
  return staff;
}

/** Starts a sync on the page and waits for its result. */
async function sync(browser: AdminBrowser, fields: Record<string, string> = {}) {
  const started = await browser.send('/page/mirrors/staff', '/page/mirrors/staff/sync', fields);
  expect(started.status).toBe(303);
  const path = started.headers.get('location') ?? '';
  await expect.poll(async () => (await browser.get(path)).text).not.toContain('data-events');
  return browser.get(path);
}

describe('the mirrors on the admin page', () => {
  let staff = directory();
  const app = useApp({
    directories: [
      {
        get directory() {
          return staff;
        },
        maxShrink: 0.2,
      },
    ],
  });
  const audited = async () => (await app.callAdmin('GET', '/audit', { token: ADMIN_TOKEN })).json.entries;
  const opened = async () => {
    await app.services.directorySyncService.sync('staff');
    return adminBrowser(app).signIn('anna');
  };

  it('list each entry that is skipped with the reason, and can be searched', async () => {
    const browser = await opened();
    const all = (await browser.get('/page/mirrors/staff/left-out')).text;
    expect(all).toContain('mobile: no calling code');
    expect(all).toContain('no user ID');
    expect(all).not.toContain(EVIL);
    expect(all).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(all).not.toContain('cn=alice');
    const filtered = (await browser.get('/page/mirrors/staff/left-out?q=CALLING')).text;
    expect(filtered).toContain('cn=carol');
    expect(filtered).not.toContain('uid: is missing');
  });

  it('can be downloaded as CSV that contains no formulas', async () => {
    const browser = await opened();
    const { text, headers } = await browser.get('/page/mirrors/staff/left-out.csv');
    expect(headers.get('content-disposition')).toBe('attachment; filename=left-out.csv');
    expect(headers.get('content-type')).toMatch(/^text\/csv/);
    const lines = text.trim().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines.join('\n')).toContain(`"'=HYPERLINK('http://evil.example'); uid: is missing"`);
    expect(lines.join('\n')).toContain('"cn=carol","people","values","mobile: no calling code"');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1', '\n=1', '＝1'])('escape %j in CSV', (cell) => {
    expect(csvLine([cell, 'a"b'])).toBe(`"'${cell}","a""b"\r\n`);
  });

  it('name all claimants of an ambiguous address', async () => {
    const browser = await opened();
    const { text } = await browser.get('/page/mirrors/staff/ambiguous');
    const from = text.indexOf('>office@example.org<');
    expect(from).toBeGreaterThan(0);
    expect(text.slice(from)).toMatch(/@bob:example\.org.*cn=bob[^]*@carol:example\.org.*cn=carol/);
    expect(text).not.toContain('>alice@example.org<');
  });

  it('can be synced at once, with the changes, in the name of the administrator', async () => {
    const browser = await opened();
    staff.put('dora', '@dora:example.org', [email('dora@example.org')]);
    const { text } = await sync(browser);
    expect(text).toContain('1 new, 0 changed, 0 gone');
    expect(text).toContain('cn=dora');
    expect(await audited()).toMatchObject([{}, { action: 'sync_requested', source: 'staff', by: 'operator anna' }]);
    expect((await browser.get('/page/mirrors/staff')).text).toContain('1 new, 0 changed, 0 gone');
  });

  it('can be tried without a change in a dry run', async () => {
    const browser = await opened();
    staff.put('erik', '@erik:example.org', [email('erik@example.org')]);
    expect((await sync(browser, { kind: 'dry' })).text).toContain('it was a dry run');
    expect((await app.services.mirrorService.state('staff')).bases).not.toMatchObject({ people: 6 });
    expect(await audited()).toHaveLength(1);
    staff.remove('erik');
  });

  it('show the progress of a running sync, and when it has ended', async () => {
    const browser = await opened();
    const started = await browser.send('/page/mirrors/staff', '/page/mirrors/staff/sync');
    const { text, headers } = await browser.get(`${started.headers.get('location')}/events`);
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(text).toMatch(/^data: \d+\n\n/);
    expect(text).toMatch(/event: end\ndata: 0\n\n$/);
    expect((await app.callAdmin('GET', `${started.headers.get('location')}/events`)).status).toBe(303);
  });

  it('show what a refused sync would have removed, and apply it only after confirmation', async () => {
    const browser = await opened();
    const size = async () => Object.values((await app.services.mirrorService.state('staff')).bases)[0];
    const before = await size();
    staff.remove('alice', 'bob', 'carol', 'dora');
    await app.services.directorySyncService.sync('staff');
    const refused = (await browser.get('/page/mirrors/staff')).text;
    expect(refused).toContain('A sync was refused');
    expect(refused).toMatch(/It would have removed \(\d\)[^]*cn=alice/);

    const asked = await browser.send('/page/mirrors/staff', '/page/mirrors/staff/sync', { kind: 'force' });
    expect([asked.status, await size()]).toEqual([200, before]);
    expect(asked.text).toContain('Apply this sync all the same?');
    const { text } = await sync(browser, { kind: 'force', confirmed: 'yes' });
    expect(text).toContain('applied');
    expect(await size()).toBe(1);
    expect((await audited()).at(-1)).toMatchObject({ action: 'sync_requested', detail: 'forced', by: 'operator anna' });
    staff = directory();
  });

  it('do not exist for an unknown source', async () => {
    const browser = await opened();
    for (const path of ['', '/left-out', '/left-out.csv', '/ambiguous']) {
      expect((await browser.get(`/page/mirrors/nobody${path}`)).status).toBe(404);
    }
    expect((await browser.get('/page/syncs/none')).status).toBe(404);
  });
});

describe('the past syncs', () => {
  const none = { count: 0, shown: [] };
  const outcome = (more: object) =>
    ({
      source: 'staff',
      isApplied: true,
      isFull: true,
      refusal: undefined,
      added: none,
      changed: none,
      removed: none,
      ...more,
    }) as never;

  it('count equal failures as one, and leave out incremental syncs without changes', () => {
    const history = new SyncHistory();
    history.add(outcome({ added: { count: 1, shown: ['a'] } }), 1);
    history.add(outcome({ isFull: false }), 2);
    for (const at of [3, 4, 5]) history.add(outcome({ isApplied: false, refusal: 'no answer' }), at);
    history.add(outcome({ isFull: false, removed: { count: 1, shown: ['a'] } }), 6);
    expect(history.of('staff').map(({ at, lastAt, times }) => [at, lastAt, times])).toEqual([
      [6, 6, 1],
      [3, 5, 3],
      [1, 1, 1],
    ]);
  });
});
