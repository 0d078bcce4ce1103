import { afterEach, beforeEach } from 'vitest';
import { type Settings, startApp, type TestApp } from './test-app.js';

/** A fresh application for each test of the `describe` it is called in. */
export function useApp(settings?: Settings): TestApp {
  let current: TestApp | undefined;
  beforeEach(async () => {
    current = await startApp(settings);
  });
  afterEach(() => current?.close());
  return new Proxy({} as TestApp, { get: (_target, name) => current?.[name as keyof TestApp] });
}
