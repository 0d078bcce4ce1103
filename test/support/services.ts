import { ServiceBroker, type SharedPostgres } from './service-broker.js';

/*
 * Services that tests share are started by the test run when the first test requests them. A run of one file
 * therefore does not wait for services that it does not use.
 */
let own: ServiceBroker | undefined;
const broker = await brokerOfTheRun();

/** Stops the services that this process started outside of tests. Call it before the process exits. */
export async function stopServices(): Promise<void> {
  await own?.close();
}

/** Outside of tests, in benchmarks, the process has its own broker. */
async function brokerOfTheRun(): Promise<string> {
  if (process.env.VITEST) return (await import('vitest')).inject('serviceBroker');
  own = new ServiceBroker();
  const url = await own.listen();
  own.unref();
  return url;
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(new URL(path, broker));
  const answer = (await response.json()) as T & { readonly error?: string };
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/**
 * Installs missing Debian packages. Call it while a support module is loaded: an installation takes longer than the
 * time limit of a hook.
 *
 * @throws a sentence with the missing packages, if they cannot be installed
 */
export async function needPackages(...names: readonly string[]): Promise<void> {
  await ask(`/packages?${new URLSearchParams(names.map((name): [string, string] => ['name', name])).toString()}`);
}

/** Builds the server from the current `src`, unless IS_BUILT says that this was done a moment ago. */
export const needBuild = async (): Promise<unknown> =>
  process.env['IS_BUILT'] === undefined ? ask('/build') : undefined;

/** One PostgreSQL for all tests of the run; each test creates databases with `freshDatabase`. */
export const sharedPostgres = (): Promise<SharedPostgres> => ask('/postgres');

/** An empty folder for data that the first test file using Samba creates for all others. */
export const sharedSambaFolder = async (): Promise<string> => (await ask<{ folder: string }>('/samba-folder')).folder;
