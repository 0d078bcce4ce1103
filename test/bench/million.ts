import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import { email } from '../../src/domain/identifiers/threepid.js';
import { startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { median, output } from './measure.js';

const PER_PERSON = 3;
const LOOKUPS = 2_000;

/** Memory, lookup times and the time of a pepper change with a million addresses. */
export async function benchMillion(addresses = 1_000_000) {
  const folder = await mkdtemp(join(tmpdir(), 'islet-million-'));
  const homeserver = await startHomeserver('example.org');
  const servers: RunningIslet[] = [];
  const serve = async (people: number) => {
    const dataDir = join(folder, String(people));
    await output(process.execPath, [...process.execArgv, script('fill-mirror.mjs'), dataDir, String(people)]);
    const islet = await startIslet(configure(dataDir, homeserver.url));
    servers.push(islet);
    return islet;
  };
  try {
    const people = Math.ceil(addresses / PER_PERSON);
    const [empty, few, many] = [await serve(0), await serve(Math.ceil(1000 / PER_PERSON)), await serve(people)];
    const [emptyBytes, manyBytes] = [await residentBytes(empty), await residentBytes(many)];
    const { fewMs, manyMs, ratio } = await compareLookups(few, many);
    for (const islet of servers) await islet.stop();
    const rotation = JSON.parse(
      await output(process.execPath, [...process.execArgv, script('rotation.mjs'), join(folder, String(people))]),
    ) as object;
    return {
      addresses: people * PER_PERSON,
      bytesPerAddress: (manyBytes - emptyBytes) / (people * PER_PERSON),
      lookupAmong1000Ms: fewMs,
      lookupAmongAllMs: manyMs,
      lookupAmongAllTo1000: ratio,
      rotation,
    };
  } finally {
    for (const islet of servers) await islet.remove();
    await homeserver.close();
    await rm(folder, { recursive: true });
  }
}

const script = (name: string): string => new URL(name, import.meta.url).pathname;

/** The directory is down, so the stored mirror answers. */
const configure = (dataDir: string, homeserver: string) => ({
  server: { name: 'id.example.org' },
  dataDir,
  sources: [
    {
      ldap: {
        name: 'people',
        urls: ['ldap://127.0.0.1:1'],
        preset: 'openldap',
        bases: ['ou=people,dc=example,dc=org'],
        homeserver: 'example.org',
      },
    },
  ],
  homeservers: { 'example.org': { url: homeserver } },
  limits: false,
});

async function residentBytes({ pid }: RunningIslet): Promise<number> {
  const status = await readFile(`/proc/${pid()}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** Hashed lookups of one address, alternately at both servers. */
async function compareLookups(few: RunningIslet, many: RunningIslet) {
  const [askFew, askMany] = [await asking(few), await asking(many)];
  const times: { few: number; many: number }[] = [];
  for (let at = 0; at < LOOKUPS; at++) times.push({ few: await askFew(at), many: await askMany(at) });
  const warm = times.slice(LOOKUPS / 4);
  const [fewMs, manyMs] = [median(warm.map((sample) => sample.few)), median(warm.map((sample) => sample.many))];
  return { fewMs, manyMs, ratio: manyMs / fewMs };
}

async function asking({ url }: RunningIslet) {
  const base = `${url}/_matrix/identity/v2`;
  const call = async (path: string, body?: object, token = '') => {
    const method = body ? 'POST' : 'GET';
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return (await response.json()) as Record<string, never>;
  };
  const openId = {
    access_token: 'token-of-bench',
    token_type: 'Bearer',
    matrix_server_name: 'example.org',
    expires_in: 1,
  };
  const { token } = await call('/account/register', openId);
  const { lookup_pepper: pepper } = await call('/hash_details', undefined, token);
  return async (at: number): Promise<number> => {
    const hash = lookupHash(email(`user${at % 300}@example.org`), String(pepper));
    const since = performance.now();
    const answer = await call('/lookup', { algorithm: 'sha256', pepper, addresses: [hash] }, token);
    const took = performance.now() - since;
    if (Object.keys(answer['mappings'] ?? {}).length !== 1) throw new Error('a lookup found nobody');
    return took;
  };
}
