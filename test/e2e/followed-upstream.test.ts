import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/knex/database.js';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import { email } from '../../src/domain/identifiers/threepid.js';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type IdentityServer, misbehaviour, startIdentityServer } from '../support/identity-server.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE, sourceFor } from '../support/people.js';
import { Slapd } from '../support/slapd.js';

let homeserver: HomeserverStandIn;
const running: RunningIslet[] = [];

beforeAll(async () => {
  homeserver = await startHomeserver('example.org');
});
afterAll(() => homeserver?.close());

async function start(config: Record<string, unknown>, files: Readonly<Record<string, string>> = {}) {
  const islet = await startIslet(
    {
      server: { name: 'id.example.org' },
      homeservers: { 'example.org': { url: homeserver.url } },
      limits: false,
      ...config,
    },
    files,
  );
  running.push(islet);
  const client = new IdentityClient(islet.url);
  const { body } = await client.register('example.org', 'token-of-alice');
  return { islet, client, accessToken: String(body['token']) };
}

const stop = async () => {
  for (const islet of running.splice(0)) await islet.remove();
};

const pepperOf = async (client: IdentityClient) => (await client.get('/v2/hash_details')).body['lookup_pepper'];

const partnerHealth = async ({ adminUrl }: RunningIslet) => {
  const response = await fetch(`${adminUrl}/health/ready`);
  const { ok, checks } = (await response.json()) as {
    ok: boolean;
    checks: { upstreams: { partner: { ok: boolean; failure?: string } } };
  };
  expect(ok).toBe(true);
  return checks.upstreams.partner;
};

/** What a current client does for all people in an address book, and all responses. */
async function lookUp(client: IdentityClient, addresses: readonly string[]) {
  const details = await client.get('/v2/hash_details');
  const pepper = String(details.body['lookup_pepper']);
  const hashes = addresses.map((address) => lookupHash(email(address), pepper));
  const answer = await client.post('/v2/lookup', { algorithm: 'sha256', pepper, addresses: hashes });
  const mappings = (answer.body['mappings'] ?? {}) as Record<string, string>;
  const found = Object.fromEntries(
    addresses.flatMap((address, at) => {
      const mxid = mappings[hashes[at] ?? ''];
      return mxid === undefined ? [] : [[address, mxid]];
    }),
  );
  return { statuses: [details.status, answer.status], pepper, found };
}

describe('a directory, a followed upstream, and bindings', () => {
  let slapd: Slapd;
  let upstream: Awaited<ReturnType<typeof start>>;
  let follower: Awaited<ReturnType<typeof start>>;

  const partners = `mxid,email
@paula:partner.example,paula@partner.example
@paula:partner.example,both@example.net
@paula:partner.example,alice@example.org
`;
  const local = { 'alice@example.org': '@alice:example.org', 'own@example.net': '@own:example.org' };
  const all = {
    ...local,
    'both@example.net': '@paula:partner.example',
    'paula@partner.example': '@paula:partner.example',
  };
  const asked = [...Object.keys(all), 'nobody@example.org'];

  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: PEOPLE });
    upstream = await start({ sources: [{ file: { name: 'people', path: 'people.csv' } }] }, { 'people.csv': partners });
    const { url } = upstream.islet;
    const partner = { name: 'partner', url, hashed: true, accessToken: upstream.accessToken };
    follower = await start({
      sources: [sourceFor(slapd), { upstream: { ...partner, timeLimit: '3s', cache: false } }],
    });
    for (const address of ['own@example.net', 'both@example.net']) {
      await follower.islet.command('bind', address, '@own:example.org');
    }
    await eventually(async () => 'alice@example.org' in (await lookUp(follower.client, asked)).found);
  });
  afterAll(async () => {
    await stop();
    await slapd?.stop();
  });

  it('answer one hashed lookup with the pepper of the upstream, in the order of the sources', async () => {
    const { statuses, pepper, found } = await lookUp(follower.client, asked);
    expect(statuses).toEqual([200, 200]);
    expect(found).toEqual(all);
    expect(pepper).toBe(await pepperOf(upstream.client));
    expect(await partnerHealth(follower.islet)).toEqual({ ok: true });
  });

  it('appear in an explanation with the age of the pepper, but without the pepper', async () => {
    const { stdout } = await follower.islet.command('lookup', 'paula@partner.example');
    expect(stdout).toMatch(/partner +@paula:partner\.example, which decides/);
    expect(stdout).toMatch(/its pepper is used: hashes are forwarded to it, pepper announced for \d+ (s|min)/);
    expect(stdout + follower.islet.log()).not.toContain(String(await pepperOf(upstream.client)));
  });

  it('answer without a failed lookup while the upstream is down and returns with another pepper', async () => {
    const before = await pepperOf(follower.client);
    const answers: Awaited<ReturnType<typeof lookUp>>[] = [];
    let isOver = false;
    const clients = Array.from({ length: 6 }, async () => {
      while (!isOver) answers.push(await lookUp(follower.client, asked));
    });
    try {
      await eventually(() => answers.length > 20);
      await upstream.islet.stop();
      const db = await openDatabase({ client: 'sqlite3', file: join(upstream.islet.folder, 'data/islet.db') });
      await db('peppers').update({ pepper: 'quiteanotherone' });
      await db.destroy();
      await upstream.islet.restart();
      await eventually(async () => {
        const { pepper, found } = await lookUp(follower.client, asked);
        return pepper === 'quiteanotherone' && 'paula@partner.example' in found;
      });
    } finally {
      isOver = true;
      await Promise.all(clients);
    }
    expect(answers.filter(({ statuses }) => statuses.some((status) => status !== 200))).toEqual([]);
    for (const { found } of answers) expect(found).toMatchObject(local);
    expect(new Set(answers.map(({ pepper }) => pepper))).toEqual(new Set([before, 'quiteanotherone']));
    expect((await lookUp(follower.client, asked)).found).toEqual(all);
    const old = Object.keys(local).map((address) => lookupHash(email(address), String(before)));
    const late = await follower.client.post('/v2/lookup', { algorithm: 'sha256', pepper: before, addresses: old });
    expect(late).toEqual({
      status: 200,
      body: { mappings: Object.fromEntries(old.map((h, at) => [h, Object.values(local)[at]])) },
    });
  });
});

/** Enough for an answer of a busy machine. */
const TIME_LIMIT_MS = 1_500;

describe('a followed upstream that fails', () => {
  let partner: IdentityServer;

  const begin = async (isUp: boolean) => {
    partner = await startIdentityServer({
      rows: [['email', 'paula@partner.example', '@paula:partner.example']],
      accessToken: 'syt_upstream',
    });
    if (!isUp) partner.answer = misbehaviour.hangUp;
    const source = { name: 'partner', url: partner.url, hashed: true, accessToken: 'syt_upstream' };
    const follower = await start({
      sources: [{ upstream: { ...source, timeLimit: `${TIME_LIMIT_MS}ms`, cache: false } }],
    });
    expect(await follower.islet.command('bind', 'own@example.net', '@own:example.org')).toMatchObject({ code: 0 });
    return follower;
  };
  const own = { 'own@example.net': '@own:example.org' };
  const merged = { ...own, 'paula@partner.example': '@paula:partner.example' };
  const asked = Object.keys(merged);

  afterEach(async () => {
    await stop();
    await partner?.close();
  });

  it('does not keep other sources from answering, within its time limit and with its last known pepper', async () => {
    const { islet, client } = await begin(true);
    expect(await lookUp(client, asked)).toMatchObject({ pepper: 'matrixrocks', found: merged });
    const slow: string[] = [];
    for (const answer of ['html', 'fault', 'redirect', 'endless', 'drip', 'silent', 'hangUp', 'empty'] as const) {
      partner.answer = misbehaviour[answer];
      const since = performance.now();
      expect(await lookUp(client, asked)).toEqual({ statuses: [200, 200], pepper: 'matrixrocks', found: own });
      if (performance.now() - since > 10 * TIME_LIMIT_MS) slow.push(answer);
    }
    expect(slow).toEqual([]);
    await islet.restart();
    expect(await lookUp(client, asked)).toEqual({ statuses: [200, 200], pepper: 'matrixrocks', found: own });
    expect((await partnerHealth(islet)).failure).toContain(partner.url);
    partner.answer = undefined;
    expect(await lookUp(client, asked)).toMatchObject({ found: merged });
  });

  it('may be down at the start: Islet announces a pepper of its own until that of the upstream is known', async () => {
    const { islet, client } = await begin(false);
    const first = await lookUp(client, asked);
    expect(first).toEqual({ statuses: [200, 200], pepper: expect.stringMatching(/^[a-zA-Z0-9]{24}$/), found: own });
    expect(await partnerHealth(islet)).toMatchObject({ ok: false, failure: expect.stringContaining(partner.url) });
    await islet.logged('upstream pepper is not available');
    partner.answer = undefined;
    await eventually(async () => (await lookUp(client, asked)).pepper === 'matrixrocks');
    expect((await lookUp(client, asked)).found).toEqual(merged);
    await islet.logged('upstream pepper is available again');
    const late = await client.post('/v2/lookup', { algorithm: 'sha256', pepper: first.pepper, addresses: [] });
    expect(late.status).toBe(200);
  });
});
