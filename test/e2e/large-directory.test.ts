import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDirectory } from '../bench/directory.js';
import { IdentityClient } from '../support/client.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { sourceFor } from '../support/people.js';
import type { Slapd } from '../support/slapd.js';

/** `npm run proof` uses a hundred thousand. */
const PEOPLE = Number(process.env['PROOF_PEOPLE'] ?? 5_000);
const AT_ONCE = 5_000;

describe(`a directory of ${PEOPLE} people`, () => {
  let slapd: Slapd;
  let homeserver: HomeserverStandIn;
  let islet: RunningIslet;
  let client: IdentityClient;

  beforeAll(async () => {
    slapd = await startDirectory(PEOPLE);
    homeserver = await startHomeserver('example.org');
    islet = await startIslet({
      server: { name: 'id.example.org' },
      sources: [sourceFor(slapd, { name: 'people' })],
      homeservers: { 'example.org': { url: homeserver.url } },
      limits: false,
    });
    client = new IdentityClient(islet.url);
    await client.register('example.org', 'token-of-alice');
    await islet.logged('mirror synced', 120_000);
  });

  afterAll(async () => {
    await islet?.remove();
    await Promise.all([slapd?.stop(), homeserver?.close()]);
  });

  async function howManyAreFound(): Promise<number> {
    let found = 0;
    for (let start = 0; start < PEOPLE; start += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, PEOPLE - start) }, (_, at) => start + at);
      const asked = numbers.flatMap((at) => [`user${at}@example.org`, `First.Last${at}@Mail.example.org`]);
      const answers = await client.findHashed(asked);
      found += numbers.filter(
        (at) =>
          answers[`user${at}@example.org`] === `@user${at}:example.org` &&
          answers[`First.Last${at}@Mail.example.org`] === `@user${at}:example.org`,
      ).length;
    }
    return found;
  }

  it('is found completely by a client that knows only the specification', async () => {
    expect(await howManyAreFound()).toBe(PEOPLE);
  });

  it('is found completely right after a restart, with the directory down', async () => {
    await slapd.kill();
    await islet.restart();
    expect(await howManyAreFound()).toBe(PEOPLE);
  });
});
