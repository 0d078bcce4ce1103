import { IdentityClient } from '../client.js';
import { eventually } from '../eventually.js';
import { type Cluster, LOOKUP_LIMIT, TERMS_URL } from './cluster.js';
import type { Effects } from './mixed-load.js';

/** A claim about all instances, and whether it is right. */
export interface Check {
  readonly claim: string;
  readonly isRight: boolean;
  readonly seen: unknown;
}

/**
 * On an idle machine, jobs of a killed instance are released after 10 to 12.5 s, and all other effects exist within a
 * second.
 */
const LIMIT_MS = 90_000;

/** Checks that the effects of all answered requests exist on every instance. */
export async function checkEffects(cluster: Cluster, effects: Effects): Promise<readonly Check[]> {
  const reader = new IdentityClient(cluster.url);
  await reader.register('example.org', 'token-of-dora');
  const refused = (await reader.get('/v2/hash_details')).status;
  await reader.post('/v2/terms', { user_accepts: [TERMS_URL] });
  const clients = cluster.clients(reader.token ?? '');
  const peppers = await Promise.all(
    clients.map(async (client) => (await client.get('/v2/hash_details')).body['lookup_pepper']),
  );

  const addresses = [...effects.bound.keys()].slice(0, LOOKUP_LIMIT / (cluster.instances.length + 1));
  await isFollowed(cluster, effects);
  const notFound = await Promise.all(
    clients.map(async (client) => {
      const found = await client.findHashed(addresses);
      return addresses.filter((address) => found[address] !== effects.bound.get(address)).length;
    }),
  );
  const statuses = async (tokens: Iterable<string>) => {
    const seen = new Set<number>();
    for (const token of [...tokens].slice(-15))
      for (const client of cluster.clients(token)) seen.add((await client.get('/v2/account')).status);
    return [...seen].join();
  };
  const notified = () => new Set(cluster.homeserver.bound.map((onbind) => String(onbind['address'])));
  const missed = () => [...effects.bound.keys()].filter((address) => !notified().has(address));
  await eventually(() => missed().length === 0, LIMIT_MS).catch(() => undefined);
  const [signedIn, signedOut] = [await statuses(effects.signedIn), await statuses(effects.signedOut)];
  return [
    {
      claim: 'requests were answered',
      isRight: effects.answered > 50 && effects.bound.size > 3,
      seen: effects.answered,
    },
    { claim: 'all announce one pepper', isRight: new Set(peppers).size === 1, seen: peppers },
    {
      claim: 'every bound address is found by hash on all',
      isRight: notFound.every((count) => count === 0),
      seen: notFound,
    },
    { claim: 'who signed in is signed in on all', isRight: signedIn === '200', seen: signedIn },
    { claim: 'who signed out is signed out on all', isRight: signedOut === '401', seen: signedOut },
    {
      claim: 'terms are asked for before, and known on all after',
      isRight: refused === 403 && peppers.every(Boolean),
      seen: refused,
    },
    {
      claim: 'nobody got more than the limit of all together',
      isRight: effects.lookedUp <= LOOKUP_LIMIT,
      seen: effects.lookedUp,
    },
    { claim: 'every homeserver was told of every bind', isRight: missed().length === 0, seen: missed() },
  ];
}

/** Waits until all instances have the latest binding. The user who requests it has a lookup limit of their own. */
async function isFollowed(cluster: Cluster, effects: Effects): Promise<void> {
  const [latest] = [...effects.bound.keys()].slice(-1);
  if (latest === undefined) return;
  const waiting = new IdentityClient(cluster.url);
  await waiting.register('example.org', 'token-of-emil');
  await waiting.post('/v2/terms', { user_accepts: [TERMS_URL] });
  for (const client of cluster.clients(waiting.token ?? ''))
    await eventually(async () => latest in (await client.findHashed([latest]))).catch(() => undefined);
}
