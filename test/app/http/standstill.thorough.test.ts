import { describe, expect, it } from 'vitest';
import { endpoints, prepare, rightFor } from '../../support/endpoints.js';
import { alice } from '../../support/fakes.js';
import { useApp } from '../../support/http.js';
import type { TestApp } from '../../support/test-app.js';

/** The size of a request: the maximum, minus its last bytes, or the maximum that fits into a URL. */
const bytesOf = (method: string, path: string): number => {
  if (method === 'GET') return 12_000;
  // A quarter of its limit: quadratic time would take minutes.
  if (path.endsWith('lookup')) return 250_000;
  return path.endsWith('unbind') ? 15_000 : 63_000;
};

/** Texts that are slow to match for regular expressions with backtracking. */
const fillers = ['(', '/', ' ', '.', '@', '%', '1(', 'ß'];

type Parameters = Record<string, unknown>;

/** Requests of the maximum length, one for each filler. */
function* worstRequests(method: string, right: Parameters, bytes: number): Generator<[shape: string, Parameters]> {
  for (const name of Object.keys(right)) {
    for (const filler of fillers) {
      const inUrl = new URLSearchParams({ '': filler }).toString().length - 1;
      const count = Math.floor(bytes / (method === 'GET' ? inUrl : Buffer.byteLength(filler)));
      yield [`${name} full of ${filler}`, { ...right, [name]: `1${filler.repeat(count)}x` }];
    }
    if (method === 'GET') continue;
    yield [`${name} as a list of numbers`, { ...right, [name]: Array.from({ length: bytes / 2 }, () => 1) }];
    yield [`${name} as a list of empty lists`, { ...right, [name]: Array.from({ length: bytes / 3 }, () => []) }];
  }
  if (method === 'GET') return;
  const keys = Array.from({ length: bytes / 12 }, (_none, at) => [`k${at}`, 1] as const);
  yield ['many names', { ...right, ...Object.fromEntries(keys) }];
}

const signatures = ['A', 'B', 'C', 'D'].map((key) => `X-Matrix origin="example.org",key="ed25519:${key}",sig="AAAA"`);

/** The processor time of this process in ms: other programs on the machine do not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const TIMES = 5;

/** The cost of reading a megabyte of JSON on this machine. */
function megabyteMs(): number {
  const text = JSON.stringify(Array.from({ length: 100_000 }, (_none, at) => `text ${at}`));
  const since = processorMs();
  for (let time = 0; time < TIMES; time++) JSON.stringify(JSON.parse(text));
  return (processorMs() - since) / TIMES;
}

async function send(app: TestApp, method: string, path: string, parameters: Parameters, token: string) {
  const query = method === 'GET' ? `?${new URLSearchParams(parameters as Record<string, string>).toString()}` : '';
  const body = method === 'GET' ? {} : { body: JSON.stringify(parameters) };
  const headers = path.endsWith('unbind') ? { authorization: signatures.join(', ') } : undefined;
  return app.call(method, path + query, headers ? { ...body, headers } : { ...body, token });
}

describe('the largest request in the slowest form', () => {
  const app = useApp();
  const most = 40 * Math.max(megabyteMs(), 5);

  it.for(endpoints.filter(([, , names]) => names.length > 0).map(([method, path, names]) => ({ method, path, names })))(
    'does not delay other requests, nor cost more than reading some megabytes, at $method $path',
    { timeout: 120_000 },
    async ({ method, path, names }) => {
      const token = await app.signIn(alice);
      const right = rightFor(names, await prepare(app));
      const bytes = bytesOf(method, path);
      for (const [shape, parameters] of worstRequests(method, right, bytes)) {
        const since = processorMs();
        const asked = send(app, method, path, parameters, token);
        const ping = await app.call('GET', '/v2');
        const { status } = await asked;
        expect(processorMs() - since, `${shape}: ${status}`).toBeLessThan(most);
        expect(ping.status).toBe(200);
        expect(status).toBeLessThan(500);
      }
    },
  );
});
