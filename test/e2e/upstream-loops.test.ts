import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type InProcess, serveInProcess } from '../support/in-process.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freePort } from '../support/ports.js';

let homeserver: HomeserverStandIn;
const open: InProcess[] = [];

beforeAll(async () => {
  homeserver = await startHomeserver('example.org');
});
afterAll(() => homeserver?.close());
afterEach(async () => {
  for (const islet of open.splice(0)) await islet.close();
});

/**
 * Servers each of which queries the next one, and the last one the first. The nth has the address `<n>@example.org`.
 *
 * @param token whether they have accounts at each other
 * @param isNamed whether these accounts are configured as those of identity servers
 */
async function circle(names: readonly string[], token: boolean, isNamed: boolean) {
  const ports: number[] = [];
  for (const _name of names) ports.push(await freePort());
  const islets: { client: IdentityClient; admin: string }[] = [];
  for (const [at, name] of names.entries()) {
    const next = (at + 1) % names.length;
    const url = `http://127.0.0.1:${ports[next]}`;
    const upstream = { name: 'next', url, timeLimit: '60s', ...(token && { accessTokenFile: 'token' }) };
    const adminPort = await freePort();
    const islet = await serveInProcess(
      {
        server: { name: `id.${name}.example` },
        listen: { port: ports[at] },
        admin: { port: adminPort },
        homeservers: { 'example.org': { url: homeserver.url } },
        limits: false,
        lookup: { identityServers: isNamed ? ['@alice:example.org'] : [] },
        sources: [{ file: { name: 'people', path: 'people.csv' } }, { upstream }],
      },
      { 'people.csv': `mxid,email\n@${name}:example.org,${name}@example.org\n` },
    );
    open.push(islet);
    const client = new IdentityClient(`http://127.0.0.1:${ports[at]}`);
    islets.push({ client, admin: `http://127.0.0.1:${adminPort}` });
  }
  for (const [at, { client }] of islets.entries()) {
    const { body } = await client.register('example.org', 'token-of-alice');
    const asker = open[(at + islets.length - 1) % islets.length];
    if (token) await writeFile(join(asker?.folder ?? '', 'token'), String(body['token']));
  }
  return islets;
}

const failures = async (islets: Awaited<ReturnType<typeof circle>>) =>
  Promise.all(
    islets.map(async ({ admin }) => {
      const { checks } = (await (await fetch(`${admin}/health/ready`)).json()) as { checks: { upstreams: unknown } };
      return checks.upstreams;
    }),
  );

const plainly = async (client: IdentityClient, names: readonly string[]) => {
  const pepper = (await client.get('/v2/hash_details')).body['lookup_pepper'];
  const addresses = names.map((name) => `${name}@example.org email`);
  return (await client.post('/v2/lookup', { algorithm: 'none', pepper, addresses })).body['mappings'];
};

describe.each([
  ['two', ['a', 'b']],
  ['three', ['a', 'b', 'c']],
])('%s identity servers that query each other in a circle', (_count, names) => {
  const everyAddress = Object.fromEntries(names.map((name) => [`${name}@example.org email`, `@${name}:example.org`]));

  it.each([
    ['v1', false, false],
    ['v2', true, true],
    ['v2 without configured names', true, false],
  ])(
    'all find what one of them knows, and all end a search for an unknown address, over %s',
    async (_version, token, isNamed) => {
      const islets = await circle(names, token, isNamed);
      const tried = await Promise.all(
        // An unknown address is queried at all servers concurrently: each waits for the answer of another one about it.
        islets.flatMap(({ client }) =>
          Array.from({ length: 12 }, (_, n) => plainly(client, [...names, `nobody-${n}`])),
        ),
      );
      for (const mappings of tried) expect(mappings).toEqual(everyAddress);
      const bulk = { threepids: [...names, 'nobody'].map((name) => ['email', `${name}@example.org`]) };
      const v1 = await islets[0]?.client.post('/api/v1/bulk_lookup', bulk);
      expect(v1?.body['threepids']).toEqual(
        names.map((name) => ['email', `${name}@example.org`, `@${name}:example.org`]),
      );
      expect(await failures(islets)).toEqual(islets.map(() => ({ next: { ok: true } })));
    },
  );
});

it('two identity servers that follow each other announce one pepper, and both answer hashed lookups with what one of them knows', async () => {
  const names = ['a', 'b'];
  const islets: RunningIslet[] = [];
  try {
    const start = async (name: string) => {
      const islet = await startIslet(
        {
          server: { name: `id.${name}.example` },
          homeservers: { 'example.org': { url: homeserver.url } },
          sources: [{ file: { name: 'people', path: 'people.csv' } }],
        },
        { 'people.csv': `mxid,email\n@${name}:example.org,${name}@example.org\n` },
      );
      islets.push(islet);
      const client = new IdentityClient(islet.url);
      const { body } = await client.register('example.org', 'token-of-alice');
      return { islet, client, accessToken: String(body['token']) };
    };
    const [a, b] = [await start('a'), await start('b')];
    const follow = async ({ islet }: typeof a, { islet: { url }, accessToken }: typeof a) => {
      const upstream = { name: 'next', url, hashed: true, accessToken };
      const config = parse(await readFile(islet.configFile, 'utf8')) as { sources: object[] };
      const lookup = { identityServers: ['@alice:example.org'] };
      await writeFile(islet.configFile, stringify({ ...config, lookup, sources: [...config.sources, { upstream }] }));
      await islet.restart();
    };
    await follow(a, b);
    await follow(b, a);
    // It polls the pepper of the other one.
    await a.islet.restart();
    await eventually(() => a.islet.log().includes('the upstream uses the pepper of Islet'));
    expect(b.islet.log()).not.toContain('follows us');
    const asked = [...names, 'nobody'].map((name) => `${name}@example.org`);
    const known = Object.fromEntries(names.map((name) => [`${name}@example.org`, `@${name}:example.org`]));
    for (const { client } of [a, b]) {
      await eventually(async () => Object.keys(await client.findHashed(asked)).length === names.length);
      expect(await client.findHashed(asked)).toEqual(known);
    }
    const peppers = [a, b].map(async ({ client }) => (await client.get('/v2/hash_details')).body['lookup_pepper']);
    expect(new Set(await Promise.all(peppers)).size).toBe(1);
  } finally {
    for (const islet of islets) await islet.remove();
  }
});
