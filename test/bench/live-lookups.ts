import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { sourceFor } from '../support/people.js';
import { startDirectory } from './directory.js';
import { startLdapRecorder } from './ldap-recorder.js';
import type { Line } from './lines.js';
import type { Spent } from './mails.js';
import { median, poster, signInAlice, timed } from './measure.js';
import { type Closing, cpuMs, pepperOf, script } from './servers.js';

const ASKED = 1_000;
const ROUNDS = 7;
/** Rounds before the measurement, the same for both programs, because a server is slower just after its start. */
const WARM_UP = 3;

/**
 * Plain lookups of a thousand addresses in a directory, compared with the same searches sent by ldapjs. Another Islet with
 * the same configuration queries the directory through a recorder, so that ldapjs sends exactly what Islet sends.
 */
export async function benchLiveLookups(people = 20_000) {
  const closing: Closing = [];
  try {
    const slapd = await startDirectory(people);
    closing.push(() => slapd.stop());
    const homeserver = await startHomeserver('example.org');
    closing.push(() => homeserver.close());
    const start = async (url: string) => {
      const islet = await startIslet({
        server: { name: 'id.example.org' },
        sources: [sourceFor(slapd, { urls: [url], mirror: { every: '1d' } })],
        homeservers: { 'example.org': { url: homeserver.url } },
        limits: false,
      });
      closing.push(() => islet.remove());
      await islet.logged('mirror synced', 60_000);
      return askerOf(islet);
    };
    const recorder = await startLdapRecorder(slapd.port);
    closing.push(() => recorder.close());
    const [islet, recorded] = [await start(slapd.url), await start(recorder.url)];
    const bare = fork(script('bare-lookups.mjs'), [slapd.url, slapd.adminDn, slapd.adminPassword], {
      serialization: 'advanced',
    });
    closing.push(async () => bare.kill());
    await once(bare, 'message');
    const send = async (searches: readonly Buffer[], isFirstOnly: boolean) => {
      bare.send({ searches, isFirstOnly });
      const [answer] = (await once(bare, 'message')) as [Spent & { readonly found: number }];
      return answer;
    };

    const rounds: { v1: Spent; v2: Spent; all: Spent; first: Spent; searches: number }[] = [];
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const ats = Array.from({ length: ASKED }, (_, i) => (round + WARM_UP + 1 + i * 7919) % people);
      const addresses = [...new Set(ats)].map((at) => `user${at}@example.org`);
      const check = (found: number, expected = addresses.length) => {
        if (found !== expected) throw new Error(`${found} of ${expected} were found`);
      };
      recorder.take();
      check(await recorded.v1(addresses));
      const searches = recorder.take();
      const v1 = await islet.spent(async () => check(await islet.v1(addresses)));
      const all = await send(searches, false);
      const v2 = await islet.spent(async () => check(await islet.v2(addresses)));
      const first = await send(searches, true);
      check(first.found);
      check(all.found, 2 * addresses.length); // found by address, and again by user name
      if (round >= 0) rounds.push({ v1, v2, all, first, searches: searches.length });
    }
    type Round = (typeof rounds)[number];
    const of = (value: (round: Round) => number) => median(rounds.map(value));
    const most = { number: '4', target: 1.3, isMost: true } as const;
    const lines: readonly Line[] = [
      {
        ...most,
        what: 'v1 bulk_lookup of 1000 over LDAP, time : ldapjs',
        value: of(({ v1, all }) => v1.ms / all.ms),
      },
      { ...most, what: 'v2 `none` of 1000 over LDAP, time : ldapjs', value: of(({ v2, all }) => v2.ms / all.ms) },
    ];
    return {
      people,
      searches: of((round) => round.searches),
      v1Ms: of(({ v1 }) => v1.ms),
      v2Ms: of(({ v2 }) => v2.ms),
      ldapjsMs: of(({ all }) => all.ms),
      v1CpuMs: of(({ v1 }) => v1.cpuMs),
      v2CpuMs: of(({ v2 }) => v2.cpuMs),
      ldapjsCpuMs: of(({ all }) => all.cpuMs),
      v1ToLdapjsByCpu: of(({ v1, all }) => v1.cpuMs / all.cpuMs),
      ldapjsByAddressOnlyMs: of(({ first }) => first.ms),
      v1ToLdapjsByAddressOnly: of(({ v1, first }) => v1.ms / first.ms),
      lines,
    };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** Lookups by alice. Each returns the number of addresses that were found. */
async function askerOf(islet: RunningIslet) {
  const token = await signInAlice(islet.url);
  const post = poster(islet.url, token);
  const pepper = await pepperOf(islet.url, token);
  return {
    async v1(addresses: readonly string[]): Promise<number> {
      const { body } = await post('/api/v1/bulk_lookup', { threepids: addresses.map((address) => ['email', address]) });
      return (body['threepids'] as readonly unknown[]).length;
    },
    async v2(addresses: readonly string[]): Promise<number> {
      const entries = addresses.map((address) => `${address} email`);
      const { body } = await post('/v2/lookup', { algorithm: 'none', pepper, addresses: entries });
      return Object.keys(body['mappings'] as object).length;
    },
    async spent(work: () => Promise<unknown>): Promise<Spent> {
      const pids = [islet.pid() ?? 0];
      const since = await cpuMs(pids);
      const ms = await timed(work);
      return { ms, cpuMs: (await cpuMs(pids)) - since };
    },
  };
}
