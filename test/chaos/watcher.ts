import { setTimeout as pause } from 'node:timers/promises';
import { ChaosClient } from './client.js';
import type { Model } from './model.js';
import type { World } from './world.js';

const EVERY_MS = 100;

/** Looks up a person of the directory by hash while an incident happens, and records the results. */
export async function watchLookups(
  { fleet, directory }: World,
  model: Model,
  subject: string,
  happen: () => Promise<void>,
): Promise<void> {
  const { address, mxid } = directory.known;
  const client = new ChaosClient(() => fleet.route());
  const isSignedIn = await client.signIn('watcher');
  for (const { url } of fleet.running) await client.at(url).findHashed([address]);
  const watched = (model.watched[subject] ??= { asked: 0, answered: 0, slowestMs: 0 });
  let isOver = false;
  const watch = async () => {
    while (!isOver) {
      const since = performance.now();
      const found = await client.findHashed([address]).catch(() => undefined);
      watched.asked++;
      if (found) watched.answered++;
      if (found && found[address] !== mxid)
        model.isWrong(`${address}: is ${found[address]} while ${subject} is broken`);
      watched.slowestMs = Math.max(watched.slowestMs, Math.round(performance.now() - since));
      await pause(EVERY_MS);
    }
  };
  const watching = isSignedIn ? watch() : Promise.resolve();
  await happen();
  isOver = true;
  await watching;
}
