import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startHomeserver } from '../support/homeserver.js';
import { startIslet } from '../support/islet.js';
import { PEOPLE_BASE, sourceFor } from '../support/people.js';
import { startDirectory } from './directory.js';
import type { Line } from './lines.js';
import { median, poster, signInAlice, timed } from './measure.js';
import { type Closing, script } from './servers.js';

const ASKED = 1_000;
const ROUNDS = 7;

/** Lookups of a thousand addresses in clear, asked live of a directory, and the same searches sent by ldapjs. In ms. */
export async function benchLiveLookups(people = 20_000) {
  const closing: Closing = [];
  try {
    const slapd = await startDirectory(people);
    closing.push(() => slapd.stop());
    const homeserver = await startHomeserver('example.org');
    closing.push(() => homeserver.close());
    const islet = await startIslet({
      server: { name: 'id.example.org' },
      sources: [sourceFor(slapd, { mirror: { every: '1d' } })],
      homeservers: { 'example.org': { url: homeserver.url } },
      limits: false,
    });
    closing.push(() => islet.remove());
    await islet.logged('mirror synced', 60_000);
    const token = await signInAlice(islet.url);
    const post = poster(islet.url, token);
    const details = await fetch(`${islet.url}/_matrix/identity/v2/hash_details`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { lookup_pepper: pepper } = (await details.json()) as { lookup_pepper: string };
    const bare = fork(script('bare-lookups.mjs'), [slapd.url, slapd.adminDn, slapd.adminPassword, PEOPLE_BASE]);
    closing.push(async () => bare.kill());
    await once(bare, 'message');

    const times: { v1: number; v2: number; bare: number }[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const ats = Array.from({ length: ASKED }, (_, i) => (round + 2 + i * 7919) % people);
      const addresses = [...new Set(ats)].map((at) => `user${at}@example.org`);
      const check = (found: number) => {
        if (found !== addresses.length) throw new Error(`${found} of ${addresses.length} were found`);
      };
      const v1 = await timed(async () => {
        const { body } = await post('/api/v1/bulk_lookup', { threepids: addresses.map((one) => ['email', one]) });
        check((body['threepids'] as readonly unknown[]).length);
      });
      const v2 = await timed(async () => {
        const entries = addresses.map((one) => `${one} email`);
        const { body } = await post('/v2/lookup', { algorithm: 'none', pepper, addresses: entries });
        check(Object.keys(body['mappings'] as object).length);
      });
      bare.send(addresses);
      const [searched] = (await once(bare, 'message')) as [{ found: number; ms: number }];
      check(searched.found);
      if (round >= 0) times.push({ v1, v2, bare: searched.ms });
    }
    const of = (name: 'v1' | 'v2' | 'bare') => median(times.map((one) => one[name]));
    const ratio = (name: 'v1' | 'v2') => median(times.map((one) => one[name] / one.bare));
    const most = { number: '4', target: 1.3, isMost: true } as const;
    const lines: readonly Line[] = [
      { ...most, what: 'v1 bulk_lookup of 1000 over LDAP, time : ldapjs', value: ratio('v1') },
      { ...most, what: 'v2 `none` of 1000 over LDAP, time : ldapjs', value: ratio('v2') },
    ];
    return { people, v1Ms: of('v1'), v2Ms: of('v2'), ldapjsMs: of('bare'), lines };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}
