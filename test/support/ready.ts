import { eventually } from './eventually.js';
import { IdentityClient } from './client.js';
import { type RunningIslet, startIslet } from './islet.js';

/** How soon Islet notices a fault of its database: the probe within 6 s; a busy machine needs longer. */
export const NOTICED_MS = 30_000;

/** The address that `startWithPeople` knows. */
export const found = { 'alice@example.org': '@alice:example.org' };

const PEOPLE = 'mxid,email\n@alice:example.org,alice@example.org\n';

/** Starts the built server with a person in a file, and signs her in. Resolves when it finds her and is ready. */
export async function startWithPeople(homeserver: string, config: object) {
  const islet = await startIslet(
    {
      server: { name: 'id.example.org' },
      homeservers: { 'example.org': { url: homeserver } },
      sources: [{ file: { name: 'list', path: 'people.csv' } }],
      ...config,
    },
    { 'people.csv': PEOPLE },
  );
  const client = new IdentityClient(islet.url);
  await client.register('example.org', 'token-of-alice');
  await eventually(async () => 'alice@example.org' in (await client.findHashed(['alice@example.org'])));
  await eventually(async () => (await readyOf(islet)).status === 200);
  return { islet, client };
}

interface Ready {
  readonly status: number;
  readonly tookMs: number;
  readonly checks: { readonly database: boolean; readonly databaseFailure?: string };
}

/** What `/health/ready` answers. */
export async function readyOf({ adminUrl }: RunningIslet): Promise<Ready> {
  const since = performance.now();
  const answer = await fetch(`${adminUrl}/health/ready`, { signal: AbortSignal.timeout(60_000) });
  const { checks } = (await answer.json()) as Pick<Ready, 'checks'>;
  return { status: answer.status, tookMs: performance.now() - since, checks };
}
