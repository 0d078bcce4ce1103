import { afterEach, beforeEach } from 'vitest';
import { type Settings, startApp, type TestApp } from './test-app.js';

/** Starts a new application for each test of the surrounding `describe`. */
export function useApp(settings?: Settings): TestApp {
  let current: TestApp | undefined;
  beforeEach(async () => {
    current = await startApp(settings);
  });
  afterEach(() => current?.close());
  return new Proxy({} as TestApp, { get: (_target, name) => current?.[name as keyof TestApp] });
}
