import { describe, expect, it } from 'vitest';
import { chartOf } from '../../../../../src/app/http/admin/page/chart.js';
import { countersIn } from '../../../../../src/app/http/admin/page/counters-in.js';
import { type Counted, MetricHistory } from '../../../../../src/app/http/admin/page/metric-history.js';
import { email } from '../../../../../src/domain/identifiers/threepid.js';
import { adminBrowser, hiddenIn } from '../../../../support/admin-browser.js';
import { alice, bob, FakeDirectory } from '../../../../support/fakes.js';
import { useApp } from '../../../../support/http.js';

const MINUTE_MS = 60_000;

describe('the counters of the last day', () => {
  const values: Record<string, Counted[]> = {};
  const history = () => new MetricHistory(async (name) => values[name] ?? []);
  const staff = { kind: 'lookups', name: 'staff' } as const;
  const lookups = (found: number, failed: number) => {
    values['lookups'] = [
      { labels: { source: 'staff', way: 'hash', outcome: 'found' }, value: found },
      { labels: { source: 'staff', way: 'live', outcome: 'failed' }, value: failed },
    ];
  };

  it('show what was added in each half hour, with failures separately', async () => {
    const day = history();
    lookups(100, 0);
    await day.sample(0);
    lookups(160, 6);
    await day.sample(30 * MINUTE_MS);
    lookups(170, 6);
    await day.sample(60 * MINUTE_MS);
    expect(day.bars(staff, 60 * MINUTE_MS).slice(-3)).toEqual([
      { good: 0, bad: 0 },
      { good: 60, bad: 6 },
      { good: 10, bad: 0 },
    ]);
    expect([day.since, day.series]).toEqual([0, [staff]]);
  });

  it('are shown per minute over the last five minutes, or since the start', async () => {
    const day = history();
    lookups(0, 0);
    await day.sample(0);
    lookups(12, 0);
    await day.sample(2 * MINUTE_MS);
    expect(day.perMinute(staff, 2 * MINUTE_MS)).toBe(6);
    for (let at = 3; at <= 20; at += 1) await day.sample(at * MINUTE_MS);
    expect(day.perMinute(staff, 20 * MINUTE_MS)).toBe(0);
  });

  it('are dropped after a day', async () => {
    const day = history();
    lookups(1, 0);
    for (let at = 0; at < 3_000; at += 10) await day.sample(at * MINUTE_MS);
    expect(day.since).toBeGreaterThanOrEqual((2_990 - 24 * 60 - 10) * MINUTE_MS);
  });

  it('are drawn with failures on top, and the highest bar as high as the chart', () => {
    const { rectangles, most, total, failed } = chartOf([
      { good: 3, bad: 1 },
      { good: 0, bad: 0 },
      { good: 1, bad: 0 },
    ]);
    expect([most, total, failed]).toEqual([4, 5, 1]);
    expect(rectangles.map(({ kind, y, height }) => [kind, y, height])).toEqual([
      ['bar', 25, 75],
      ['bar2', 0, 25],
      ['bar', 75, 25],
    ]);
  });
});

describe('the counters of the overview', () => {
  it('are read from the metrics, by their labels', () => {
    const text = [
      '# TYPE islet_lookups_total counter',
      'islet_lookups_total{source="a \\"b\\" } c",way="hash",outcome="found"} 12',
      'islet_lookups_totals{source="a"} 1',
      'islet_mails_total{kind="invite",outcome="failed"} 3',
    ].join('\n');
    expect(countersIn(text, 'lookups')).toEqual([
      { labels: { source: 'a "b" } c', way: 'hash', outcome: 'found' }, value: 12 },
    ]);
    expect(countersIn(text, 'mails')).toEqual([{ labels: { kind: 'invite', outcome: 'failed' }, value: 3 }]);
    expect(countersIn(text, 'text_messages')).toEqual([]);
  });
});

describe('the overview', () => {
  const staff = new FakeDirectory();
  const app = useApp({
    directories: [{ directory: staff, maxShrink: 0.2 }],
    page: {
      runChecks: async () => [
        { area: 'mail', state: 'failure', words: 'relay <b>refused</b> us', fix: 'look at the password' },
        { area: 'files', state: 'ok', words: 'fine' },
      ],
    },
  });

  it('shows the results of the checks and the remedies, once they have run', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    expect((await browser.get('/')).text).not.toContain('look at the password');
    expect((await browser.send('/', '/page/checks')).status).toBe(303);
    await expect.poll(async () => (await browser.get('/')).text).toContain('look at the password');
    const { text } = await browser.get('/');
    expect(text).toContain('relay &lt;b&gt;refused&lt;/b&gt; us');
    expect(text).toContain('Something does not work');
  });

  it('shows since when a directory cannot be read, and why', async () => {
    staff.put('1', alice, [email('alice@example.org')]);
    await app.services.directorySyncService.sync('staff');
    const browser = await adminBrowser(app).signIn('anna');
    staff.failure = new Error('the <i>bind</i> was refused');
    app.clock.pass(7 * MINUTE_MS);
    await app.services.directorySyncService.sync('staff');
    const { text } = await browser.get('/', { 'accept-language': 'de' });
    expect(text).toContain('the &lt;i&gt;bind&lt;/i&gt; was refused');
    expect(text).toContain('vor 7 Minuten');
    expect(text).toContain('<html lang="de"');
    staff.failure = undefined;
  });
});

describe('the overview of a server with a failing part', () => {
  const since = Date.UTC(2025, 11, 31, 22);
  const app = useApp({
    ready: async () => ({
      ok: true,
      parts: [
        { part: 'database', state: 'ok', since },
        { part: 'upstream partner', state: 'degraded', since, why: 'connection <refused>' },
      ],
    }),
  });

  it('names the part, since when it fails, and why', async () => {
    const { text } = await (await adminBrowser(app).signIn('anna')).get('/');
    expect(text).toContain('Something does not work');
    expect(text).toMatch(
      /upstream partner[^]*degraded[^]*connection &lt;refused&gt;[^]*31, 2025, 22:00:00 UTC \(2 hours ago\)/,
    );
    expect(text).not.toContain('<h3 lang="en">database');
  });
});

describe('the explanation of an address', () => {
  const app = useApp();

  it('is shown source by source, with the deciding source', async () => {
    await app.bind(email('bob@example.com'), alice);
    app.directory.add(email('bob@example.com'), bob);
    const browser = await adminBrowser(app).signIn('anna');
    const { text } = await browser.get('/page/lookup?address=Bob@Example.com');
    expect(text).toMatch(/<h2><span class="code">@bob:example\.org<\/span><\/h2>/);
    expect(Array.from(text.matchAll(/<li class="(\w*)">/g), ([, role]) => role)).toEqual(['decides', 'later']);
  });

  it('names all claimants of an ambiguous address', async () => {
    app.directory.add(email('bob@example.com'), 'ambiguous');
    const browser = await adminBrowser(app).signIn('anna');
    const { text } = await browser.get('/page/lookup?address=bob@example.com');
    expect(text).toContain('Nobody: it is not clear whose address it is.');
    for (const claimant of ['cn=a', 'cn=b']) expect(text).toContain(claimant);
    expect(text).toContain('<li class="stops">');
  });

  it('escapes the input, and says what is wrong with it', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    const { status, text } = await browser.get(
      `/page/lookup?address=${encodeURIComponent('"><script>alert(1)</script>')}`,
    );
    expect(status).toBe(400);
    expect(text).not.toContain('<script>alert');
    expect(hiddenIn(text, 'address')).toContain('&lt;script&gt;');
    expect(text).toContain('neither an email address nor a phone number');
  });
});
