import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { email, msisdn } from '../../src/domain/identifiers/threepid.js';
import type { Counted } from '../../src/app/http/admin/page/metric-history.js';
import { startBrowser } from '../support/browser.js';
import { alice, bob, FakeDirectory } from '../support/fakes.js';
import { allRules, barriers, isTooWide, look, picture, schemes, sizes } from '../support/page-checks.js';
import { ADMIN_TOKEN, startApp, type TestApp } from '../support/test-app.js';

const EVIL = '<img src=x onerror="document.title=1">';

/** A directory that waits in the middle of a listing while `gate` is closed. */
class GatedDirectory extends FakeDirectory {
  gate: Promise<void> = Promise.resolve();

  override async *list(): ReturnType<FakeDirectory['list']> {
    let listed = 0;
    for await (const part of super.list()) {
      yield part;
      if (++listed === 20) await this.gate;
    }
  }
}

/** A directory with several problems. */
const staff = new GatedDirectory('staff');

function fill(): void {
  const people = 'ou=people,dc=example,dc=org';
  staff.put(`Alice Arnold,${people}`, alice, [email('alice@example.org'), msisdn('447700900001')]);
  staff.put(`Bob Berger,${people}`, bob, [email('bob@example.org'), email('office@example.org')]);
  staff.put(`Carol Chan,${people}`, '@carol:example.org', [email('office@example.org')]);
  staff.put(`Dora Diaz,${people}`, '@dora:example.org', [], {
    skipped: ['mobile: a phone number without its calling code (0### ######)'],
  });
  staff.put(`Printer 3rd floor,${people}`, undefined, [], { skipped: ['uid: is missing'] });
  staff.put(`${EVIL},${people}`, undefined, [], { skipped: [`uid: ${EVIL} is not a user name`] });
  for (let at = 1; at < 40; at += 1)
    staff.put(`Person ${at},${people}`, `@p${at}:example.org`, [email(`p${at}@example.org`)]);
}

/** The counters of the server so far. */
const counted: Record<string, Counted[]> = {};
const add = (name: string, labels: Counted['labels'], value: number) => {
  const known = (counted[name] ??= []).find((entry) => JSON.stringify(entry.labels) === JSON.stringify(labels));
  if (known) Object.assign(known, { value: known.value + value });
  else counted[name].push({ labels, value });
};

let browser: Browser;
let context: BrowserContext;
let app: TestApp;
let page: Page;
const complaints: string[] = [];
const url = (path: string) => `http://127.0.0.1:${app.adminPort}${path}`;

beforeAll(async () => {
  fill();
  [browser, app] = await Promise.all([
    startBrowser(),
    startApp({
      directories: [{ directory: staff, maxShrink: 0.2 }],
      page: {
        read: async (name) => (counted[name] ?? []).map((entry) => ({ ...entry })),
        tries: {
          email: async () => [
            { step: 'connect', isFine: true, words: 'relay.example.org:465, 220 relay.example.org ESMTP' },
            { step: 'tls', isFine: true, words: 'TLSv1.3, certificate of relay.example.org by Example CA: trusted' },
            { step: 'login', isFine: true, words: '235 2.7.0 Authentication successful' },
            {
              step: 'recipient',
              isFine: false,
              words: '550 5.7.1 Sender id@example.org may not send as noreply@example.org',
            },
          ],
        },
        runChecks: async () => [
          { area: 'mail', state: 'ok', words: 'relay.example.org:465, TLS implicit, logged in as islet' },
          {
            area: 'directory staff',
            state: 'failure',
            words: 'ldaps://dc2.example.org: the certificate has expired',
            fix: 'renew it: openssl x509 -enddate shows until when it is valid',
          },
        ],
      },
    }),
  ]);
  app.directory.add(email('alice@example.org'), alice);
  await app.bind(email('alice.arnold@example.net'), alice);
  await app.signIn(alice);
  const token = await app.signIn(bob);
  const body = { medium: 'email', address: 'erik@example.com', room_id: '!garden:example.org', sender: bob };
  await app.call('POST', '/v2/store-invite', { token, body });
  await day();
  context = await browser.newContext({ locale: 'en-GB', viewport: sizes.desktop });
  page = await context.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** A day with a busy morning, and an hour in which the directory was down. */
async function day(): Promise<void> {
  for (let half = 0; half < 48; half += 1) {
    await app.page.sample();
    const busy = Math.max(1, Math.round(60 * Math.exp(-(((half - 30) / 9) ** 2))));
    add('lookups', { source: 'staff', way: 'hash', outcome: 'found' }, busy * 8);
    add('lookups', { source: 'staff', way: 'live', outcome: 'failed' }, half === 20 || half === 21 ? 90 : 0);
    add('lookups', { source: 'bindings', way: 'hash', outcome: 'nobody' }, busy * 3);
    add('mails', { kind: 'validation', outcome: 'accepted' }, Math.round(busy / 4));
    add('mails', { kind: 'invite', outcome: 'refused' }, half === 33 ? 3 : 0);
    app.clock.pass(30 * 60_000);
  }
  await app.page.sample();
  await app.services.directorySyncService.sync('staff');
  app.clock.pass(4 * 60_000);
}

/** The problems of a view, in both colour schemes and sizes. Takes its pictures. */
async function problemsOf(name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const scheme of schemes) {
    for (const size of ['phone', 'desktop'] as const) {
      await look(page, { size, scheme });
      if (await isTooWide(page)) found.push(`too wide on a ${size}`);
      await picture(page, `admin-${name}-${size}-${scheme}`, true);
    }
    const rules = scheme === 'light' ? allRules : ['color-contrast'];
    found.push(...(await barriers(page, rules)).map((barrier) => `${scheme}: ${barrier}`));
  }
  return found;
}

describe('the admin page in a browser', () => {
  it('opens with the link of `islet admin open`, and is used with the keyboard alone', async () => {
    const link = await app.callAdmin('POST', '/sign-in-links', {
      token: ADMIN_TOKEN,
      headers: { 'x-islet-operator': 'anna' },
    });
    await page.goto(url(String(link.json.path)));
    expect(await problemsOf('sign-in')).toEqual([]);
    await page.getByLabel('Your name').press('Enter');
    await page.waitForURL(url('/'));
    expect(await page.getByText('anna').isVisible()).toBe(true);
  });

  it('shows whether all is well, and the data of the last day', async () => {
    await page.getByRole('button', { name: 'Run all checks' }).click();
    await page.getByText('the certificate has expired').waitFor();
    expect(await page.getByRole('img', { name: /^staff, the last 24 hours/ }).count()).toBe(1);
    expect(await page.locator('rect.bar2').count()).toBeGreaterThan(0);
    expect(await problemsOf('overview')).toEqual([]);
  });

  it('shows which source answers for an address, source by source', async () => {
    await page.getByRole('link', { name: 'Who answers for…' }).click();
    await page.getByLabel('Email address').fill('Alice@Example.org');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('heading', { name: alice }).waitFor();
    expect(await page.locator('ol.chain > li').count()).toBe(2);
    expect(await problemsOf('lookup')).toEqual([]);
  });

  it('shows the mirrors, and which entries they skip and why', async () => {
    await page.getByRole('link', { name: 'Mirrors' }).click();
    expect(await problemsOf('mirrors')).toEqual([]);
    await page.getByRole('link', { name: 'staff' }).click();
    await page.getByRole('link', { name: 'Left out' }).click();
    expect(await page.getByText('uid: is missing').isVisible()).toBe(true);
    expect(await problemsOf('left-out')).toEqual([]);
    await page.getByLabel('Search in entries').fill('calling');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('1 entries, 1 shown').waitFor();
    await page.getByRole('link', { name: 'Back' }).click();
    await page.getByRole('link', { name: 'Ambiguous addresses' }).click();
    await page.getByText('@carol:example.org').waitFor();
    expect(await problemsOf('ambiguous')).toEqual([]);
  });

  it('shows the progress of a sync, and asks before it applies a suspicious one', async () => {
    for (let at = 1; at < 20; at += 1) staff.remove(`Person ${at},ou=people,dc=example,dc=org`);
    let open = (): void => undefined;
    staff.gate = new Promise((resolve) => (open = resolve));
    await page.goto(url('/page/mirrors/staff'));
    await page.getByRole('button', { name: 'Sync now' }).click();
    await page.locator('[data-count]', { hasText: '20' }).waitFor();
    expect(await problemsOf('sync')).toEqual([]);
    open();
    await page.getByRole('heading', { name: 'not applied' }).waitFor();
    await page.goto(url('/page/mirrors/staff'));
    await page.getByText('It would have removed').waitFor();
    await page.locator('summary').first().click();
    expect(await problemsOf('mirror')).toEqual([]);
    await page.getByRole('button', { name: 'Apply all the same' }).click();
    await page.getByRole('heading', { name: 'Apply this sync all the same?' }).waitFor();
    expect(await problemsOf('confirm')).toEqual([]);
    await page.getByRole('button', { name: 'Apply all the same' }).click();
    await page.getByRole('heading', { name: /^applied$/ }).waitFor();
  });

  it('shows people and unbinds their addresses', async () => {
    await page.getByRole('link', { name: 'People' }).click();
    await page.getByLabel('User ID or address').fill(alice);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('alice.arnold@example.net').waitFor();
    expect(await problemsOf('people')).toEqual([]);
    await page.getByRole('button', { name: 'Unbind' }).click();
    await page.getByRole('button', { name: 'Unbind' }).click();
    await page.getByText('The binding is removed.').waitFor();
  });

  it('sends a test mail and shows each step', async () => {
    await page.getByRole('link', { name: 'Try a message' }).click();
    await page.getByLabel('Email address').fill('anna@example.org');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Authentication successful').waitFor();
    expect(await problemsOf('try')).toEqual([]);
  });

  it('works without scripts, in the language of the browser', async () => {
    const storageState = await context.storageState();
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'uk', storageState });
    const other = await plain.newPage();
    let open = (): void => undefined;
    staff.gate = new Promise((resolve) => (open = resolve));
    await other.goto(url('/page/mirrors/staff'));
    await other.getByRole('button', { name: 'Пробний запуск' }).click();
    await other.getByRole('progressbar').waitFor();
    open();
    await other.getByRole('heading', { name: 'Не застосовано, бо це був пробний запуск' }).waitFor();
    expect(await other.locator('html').getAttribute('lang')).toBe('uk');
    await plain.close();
  });

  it('causes no warning in the browser', () => {
    expect(complaints).toEqual([]);
  });
});
