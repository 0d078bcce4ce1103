import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const IMAGES = join(import.meta.dirname, '../../docs/images');
const isPicturing = process.env['SCREENSHOTS'] !== undefined;

export const sizes = { phone: { width: 375, height: 667 }, desktop: { width: 1280, height: 800 } };
export const schemes = ['light', 'dark'] as const;

/** The result of the style sheet for a page. */
export interface Look {
  readonly size: keyof typeof sizes;
  readonly scheme: (typeof schemes)[number];
}

export async function look(page: Page, { size, scheme }: Look): Promise<void> {
  await page.setViewportSize(sizes[size]);
  await page.emulateMedia({ colorScheme: scheme });
}

/** Whether a reader must scroll sideways, which the style sheet decides by the size. */
export const isTooWide = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > window.innerWidth');

/** The rules for the texts and colours of a page: WCAG 2.1, level AA. */
export const allRules = ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'];

/** The accessibility problems of a page. @param rules tags or names of them */
export async function barriers(page: Page, rules: readonly string[]): Promise<string[]> {
  // Run by the debugger: the policy of the page allows no script.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe.source);
  const options = { runOnly: rules, resultTypes: ['violations'], preload: false };
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Keeps a picture for the documentation, if pictures are taken. */
export async function picture(page: Page, name: string, isWhole = false): Promise<void> {
  if (!isPicturing) return;
  await mkdir(IMAGES, { recursive: true });
  await page.screenshot({ path: join(IMAGES, `${name}.png`), fullPage: isWhole });
}
