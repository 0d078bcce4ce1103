import { afterEach, beforeEach, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { ResilientSource } from '../../../src/adapters/upstream/resilient-source.js';
import { UpstreamSource } from '../../../src/adapters/upstream/upstream-source.js';
import { askThreepids, firstAnswers } from '../../../src/domain/lookup/source-chain.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email, keyOf, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import { FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { type Answer, type IdentityServer, misbehaviour, startIdentityServer } from '../../support/identity-server.js';
import { FakeSource } from '../../support/sources.js';

const paula = email('paula@partner.example');
const others = Array.from({ length: 5 }, (_, n) => email(`user${n}@example.org`));
const bound: Mxid = '@user:example.org';

let upstream: IdentityServer;
let clock: FakeClock;
let recorded: RecordingTelemetry;

beforeEach(async () => {
  upstream = await startIdentityServer({ rows: [['email', 'paula@partner.example', '@paula:partner.example']] });
  clock = new FakeClock();
  recorded = new RecordingTelemetry();
});

afterEach(() => upstream.close());

/** Looks addresses up in a chain in which the bindings come after the upstream. */
function lookups() {
  const { url } = upstream;
  const asked = new UpstreamSource({ name: 'partner', url, timeLimitMs: 1_000 }, new AxiosHttpClient(), recorded);
  const upstreamPolicy = {
    hashed: false,
    forward: { media: ['email', 'msisdn'] },
    cache: { hitsMs: 300_000, negativeTtlMs: 60_000, entries: 1000 },
  } as const;
  const own = new FakeSource(
    'bindings',
    others.map((threepid) => [threepid, bound] as const),
  );
  const chain = [new ResilientSource(asked, upstreamPolicy, clock, recorded), own];
  return (threepids: readonly Threepid[]) => {
    const byKey = new Map(threepids.map((threepid) => [keyOf(threepid), threepid]));
    return firstAnswers([...byKey.keys()], chain, askThreepids(byKey), recorded);
  };
}

const gigabytes: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(10 * 2 ** 30) });
  const more = () => response.write('{"threepids":['.padEnd(64 * 1024), (error) => error ?? setImmediate(more));
  more();
};

it.each<[string, Answer | 'down']>([
  ['is slow', misbehaviour.silent],
  ['is down', 'down'],
  ['sends one byte now and then', misbehaviour.drip],
  ['answers HTML', misbehaviour.html],
  ['fails', misbehaviour.fault],
  ['redirects', misbehaviour.redirect],
  ['answers with ten gigabytes', gigabytes],
])('an upstream that %s loses only its own answers, and soon causes no delay', async (_case, answer) => {
  const findUsers = lookups();
  if (answer === 'down') await upstream.close();
  else upstream.answer = answer;
  const expected = new Map(others.slice(0, 1).map((threepid) => [keyOf(threepid), bound]));
  const question = [others[0] ?? paula, paula];
  for (let time = 0; time < 3; time++) expect(await findUsers(question)).toEqual(expected);

  for (let time = 0; time < 20; time++) expect(await findUsers(question)).toEqual(expected);
  expect(recorded.counted.filter(({ name }) => name === 'upstream_failures')).toHaveLength(3);
  expect(recorded.all('circuit opened: upstream failed, requests are paused')).toEqual([{ source: 'partner' }]);
  if (answer === 'down') upstream = await startIdentityServer();
});

it('an upstream with invalid answers is ignored, and answers that were not requested are not cached', async () => {
  const findUsers = lookups();
  upstream.answer = (response) =>
    void response.end(
      JSON.stringify({
        threepids: [
          ['email', 'user1@example.org', '@mallory:evil.example'],
          ['email', 'paula@partner.example', 'not a user'],
        ],
      }),
    );
  expect(await findUsers([paula])).toEqual(new Map());
  upstream.answer = undefined;
  expect(await findUsers(others)).toEqual(new Map(others.map((threepid) => [keyOf(threepid), bound])));
});

it('an upstream that recovers is queried again after a pause', async () => {
  const findUsers = lookups();
  upstream.answer = misbehaviour.fault;
  for (let time = 0; time < 4; time++) await findUsers([paula]);
  upstream.answer = undefined;
  expect(await findUsers([paula])).toEqual(new Map());
  clock.pass(2000);
  expect(await findUsers([paula])).toEqual(new Map([[keyOf(paula), '@paula:partner.example']]));
});
