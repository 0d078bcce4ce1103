import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ephemeral ports of the system, which are used by outgoing connections. */
const [FIRST, LAST] = [10_240, 32_000];
/** Each worker of the test run has ports of its own, so that no other one takes a port before its server does. */
const WORKERS = 8;
const SHARE = Math.floor((LAST - FIRST) / WORKERS);
const first = FIRST + SHARE * (Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS);

/** Ports that this process was given: their servers may not have been started yet. */
const given = new Set<number>();

/**
 * A port that is free at this moment and is given only once.
 *
 * @param count the number of ports that are needed in a row
 * @returns the first one
 */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const port = randomInt(first, first + SHARE - count + 1);
    const ports = Array.from({ length: count }, (_, at) => port + at);
    if (ports.some((candidate) => given.has(candidate))) continue;
    const areFree = await Promise.all(ports.map(isFree));
    if (!areFree.every(Boolean)) continue;
    for (const candidate of ports) given.add(candidate);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isListening) return false;
  server.close();
  await once(server, 'close');
  return true;
}
