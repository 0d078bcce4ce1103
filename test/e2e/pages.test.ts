import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pageNames, sampleMessages } from '../../src/adapters/messaging/template-check.js';
import { type PageName, Templates } from '../../src/adapters/messaging/templates.js';
import { type TestApp, startApp } from '../support/test-app.js';
import { renderMarkdown } from '../../src/adapters/terms/markdown.js';
import { startBrowser } from '../support/browser.js';
import { alice } from '../support/fakes.js';
import { allRules, barriers, isTooWide, look, picture, schemes, sizes } from '../support/page-checks.js';
import { startStandIn } from '../support/stand-in.js';

const templates = new Templates({
  directory: join(import.meta.dirname, '../support/templates'),
  brand: 'islet',
  language: 'en',
  serverName: 'id.example.org',
});
/** Both languages of the shipped brand, and another brand: the differences in the HTML; the style sheet does the rest. */
const editions = [
  { brand: 'islet', language: 'en' },
  { brand: 'islet', language: 'uk' },
  { brand: 'garden', language: 'uk' },
] as const;

type Edition = (typeof editions)[number];

/** Terms as an administrator may write them. */
const terms = {
  en: '# Privacy\n\nWe keep the address that you confirm, and your Matrix ID.\n\n- We **never** sell it.\n- You can [have it removed](https://example.org/privacy).\n',
  uk: '# Приватність\n\nМи зберігаємо адресу, яку ви підтвердили, і ваш Matrix ID.\n\n- Ми **ніколи** її не продаємо.\n- Ви можете [її вилучити](https://example.org/privacy).\n',
};
const documents = new Map(
  Object.entries(terms).map(([language, text]) => {
    const { title = '', html } = renderMarkdown(text);
    return [`privacy/1.0/${language}`, { language, title, html }];
  }),
);

let browser: Browser;
let app: TestApp;
/** A web client to which a validation can redirect. */
let next: Awaited<ReturnType<typeof startStandIn>>;
const open: BrowserContext[] = [];

beforeAll(async () => {
  next = await startStandIn((_request, response) => response.end('<title>next</title>'));
  const nextLinkHosts = [new URL(next.url).host];
  [browser, app] = await Promise.all([
    startBrowser(),
    startApp({ http: { pages: templates, documents, nextLinkHosts } }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await app?.close();
  await next?.close();
});

afterEach(async () => {
  for (const context of open.splice(0)) await context.close();
});

/** A window of a person who reads this language, and all complaints of the browser in it. */
async function browse(language: Edition['language']) {
  const context = await browser.newContext({ locale: language, viewport: sizes.desktop, colorScheme: 'light' });
  open.push(context);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // An error page has an error status, which the browser logs.
    if (!/status of 4\d\d/.test(message.text())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`not loaded: ${request.url()}`));
  return { page, complaints };
}

let attempt = 0;

/** The link in a validation mail, as people receive it. */
async function mailedLink(nextLink?: string): Promise<URL> {
  attempt += 1;
  const token = await app.signIn(alice);
  const body = {
    client_secret: `monkeys_${attempt}`,
    email: 'alice@example.org',
    send_attempt: 1,
    ...(nextLink !== undefined && { next_link: nextLink }),
  };
  await app.call('POST', '/v2/validate/email/requestToken', { token, body });
  const message = app.mails.sent.at(-1)?.message;
  const mailed = new URL(message?.link ?? '');
  return new URL(`${mailed.pathname}${mailed.search}`, `http://127.0.0.1:${app.port}`);
}

/** Opens each page in the way in which people open it. */
const ways: Readonly<Record<PageName, (page: Page, brand: string) => Promise<void>>> = {
  confirm: async (page, brand) => void (await page.goto(await branded(brand))),
  validated: async (page, brand) => {
    await page.goto(await branded(brand));
    await page.getByRole('button').click();
    await page.locator('svg.good').waitFor();
  },
  failed: async (page, brand) => {
    const link = new URL(await branded(brand));
    link.searchParams.set('client_secret', 'another');
    await page.goto(link.href);
  },
  expired: async (page, brand) => {
    const link = await branded(brand);
    app.clock.pass(25 * 60 * 60 * 1000);
    await page.goto(link);
  },
};

async function branded(brand: string): Promise<string> {
  const link = await mailedLink();
  link.searchParams.set('brand', brand);
  return link.href;
}

/**
 * The final form of a page, in each size and colour scheme. Only widths depend on the size, and only contrasts on the
 * scheme, so each rule is checked where its result can differ.
 */
async function lookAt({ page, complaints }: Awaited<ReturnType<typeof browse>>, name: string, edition: Edition) {
  const { brand, language } = edition;
  const isPictured = brand === 'islet' ? language === 'en' : language === 'uk';
  const found: string[] = [];
  for (const scheme of schemes) {
    for (const size of Object.keys(sizes) as (keyof typeof sizes)[]) {
      await look(page, { size, scheme });
      if (await isTooWide(page)) found.push(`too wide on a ${size}`);
      if (isPictured) await picture(page, `${name}-${brand}-${language}-${size}-${scheme}`);
    }
    const rules = scheme === 'light' ? allRules : ['color-contrast'];
    found.push(...(await barriers(page, rules)).map((barrier) => `${scheme}: ${barrier}`));
  }
  return {
    language: await page.locator('html').getAttribute('lang'),
    headings: await page.locator('h1').count(),
    title: await page.title(),
    found,
    complaints,
  };
}

const page = ({ brand, language }: Edition) => ({
  language,
  headings: 1,
  title: expect.stringContaining(brand === 'garden' ? 'Garden Club' : 'Islet') as string,
  found: [],
  complaints: [],
});

describe.each(pageNames)('the page %s', (name) => {
  it.each(editions)('is complete in every size and colour scheme, in $language, $brand', async (edition) => {
    const browsing = await browse(edition.language);
    await ways[name](browsing.page, edition.brand);
    expect(await lookAt(browsing, name, edition)).toEqual(page(edition));
  });
});

describe('a page of terms', () => {
  it.each(editions)('is complete in every size and colour scheme, in $language, $brand', async (edition) => {
    const browsing = await browse(edition.language);
    const path = `/_matrix/identity/terms/privacy/1.0/${edition.language}?brand=${edition.brand}`;
    await browsing.page.goto(`http://127.0.0.1:${app.port}${path}`);
    expect(await lookAt(browsing, 'terms', edition)).toEqual(page(edition));
  });
});

describe('a link in a mail', () => {
  it('validates with its button, with the keyboard alone, and continues to the next link', async () => {
    const link = await mailedLink(`${next.url}/welcome`);
    const { page, complaints } = await browse('en');
    await page.goto(link.href);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/welcome\?sid=/);
    expect(complaints.filter((text) => !text.includes('favicon'))).toEqual([]);
  });

  it('opens a page that runs no injected scripts and cannot be framed', async () => {
    const { page } = await browse('en');
    await page.goto((await mailedLink()).href);
    const ran = await page.evaluate<string>(`
      const script = document.createElement('script');
      script.textContent = 'document.title = "ran"';
      document.body.append(script);
      document.title;
    `);
    expect(ran).not.toBe('ran');
    await page.setContent(`<iframe src="${(await mailedLink()).href}"></iframe>`);
    await expect(page.frameLocator('iframe').getByRole('button').count()).resolves.toBe(0);
  });
});

describe('an HTML mail', () => {
  const messages = editions.flatMap(({ brand, language }) =>
    sampleMessages({ brand, acceptLanguage: language }).slice(0, 2),
  );

  it.each(messages)(
    'of kind $kind fits the screen, $preferences.brand in $preferences.acceptLanguage',
    async (message) => {
      const { brand, acceptLanguage } = message.preferences;
      const { page, complaints } = await browse('en');
      await page.setContent(templates.renderMail(message).html);
      const isPictured = brand === 'islet' ? acceptLanguage === 'en' : acceptLanguage === 'uk';
      const found: string[] = [];
      for (const scheme of schemes) {
        for (const size of ['phone', 'desktop'] as const) {
          await look(page, { size, scheme });
          if (await isTooWide(page)) found.push(`too wide on a ${size}`);
        }
        found.push(...(await barriers(page, ['color-contrast'])).map((barrier) => `${scheme}: ${barrier}`));
        if (isPictured) await picture(page, `mail-${message.kind}-${brand}-${acceptLanguage}-${scheme}`);
      }
      expect(found).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );
});
