import { it as plain } from 'vitest';
import { type Settings, startApp, type TestApp } from './app.js';

/** `it` with a fresh application for each test that asks for `app`; `it.override` changes its settings. */
export const it = plain.extend<{ settings: Settings; app: TestApp }>({
  settings: {},
  app: async ({ settings }, use) => {
    const app = await startApp(settings);
    await use(app);
    await app.close();
  },
});
