import { ServiceBroker, type SharedPostgres } from './service-broker.js';

/*
 * What tests share in one run is started by the run itself, at the first test that asks for it:
 * whoever runs one file waits for nothing that it does not use.
 */
const broker = await brokerOfTheRun();

/** Outside of tests, in benchmarks, the process has a broker of its own. */
async function brokerOfTheRun(): Promise<string> {
  if (process.env.VITEST) return (await import('vitest')).inject('serviceBroker');
  const own = new ServiceBroker();
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
 * Debian packages, installed if they are missing. Call it while a module of support is loaded: an
 * installation takes longer than a hook may.
 *
 * @throws one sentence that says what to install, where that cannot be done
 */
export async function needPackages(...names: readonly string[]): Promise<void> {
  await ask(`/packages?${new URLSearchParams(names.map((name): [string, string] => ['name', name])).toString()}`);
}

/** The built server, as it is now in `src`. */
export const needBuild = (): Promise<unknown> => ask('/build');

/** One PostgreSQL for all tests of the run; each makes databases of its own with `freshDatabase`. */
export const sharedPostgres = (): Promise<SharedPostgres> => ask('/postgres');

/** An empty folder for what the first file of the run that starts Samba makes for all. */
export const sharedSambaFolder = async (): Promise<string> => (await ask<{ folder: string }>('/samba-folder')).folder;
