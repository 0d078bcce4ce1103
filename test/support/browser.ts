import { type Browser, chromium } from 'playwright-core';
import { needPackages } from './services.js';

await needPackages('chromium');

/** Debian's Chromium, without access to other machines. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
