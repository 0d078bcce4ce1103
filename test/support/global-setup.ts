import type { TestProject } from 'vitest/node';
import { ServiceBroker } from './service-broker.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of the service broker for tests: see services.ts. */
    serviceBroker: string;
  }
}

/** Starts no services: tests request them while they run. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const broker = new ServiceBroker();
  project.provide('serviceBroker', await broker.listen());
  return () => broker.close();
}
