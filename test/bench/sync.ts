import { type RunningIslet, startIslet } from '../support/islet.js';
import { eventually } from '../support/eventually.js';
import { PEOPLE_BASE, sourceFor } from '../support/people.js';
import type { Slapd } from '../support/slapd.js';
import { startDirectory } from './directory.js';
import { askSteadily } from './load.js';
import { median, output, timed } from './measure.js';

const PAGE = 1000;
const RUNS = 5;

/**
 * Syncs of many people, against what reading the same entries costs others. The server is the built
 * one, in a process of its own; what it does to requests is seen in syncs of their own. Times in ms.
 */
export async function benchSync(people = 100_000) {
  const slapd = await startDirectory(people);
  const servers: RunningIslet[] = [];
  try {
    const ldapsearch = () => timed(() => runLdapsearch(slapd));
    const bare = () => listBare(slapd);
    // Taken in turn, so that a machine that changes its speed changes it for all.
    const runs: { ldapsearch: number; bare: number; sync: number; again: number; pause: number; slowest: number }[] =
      [];
    for (let run = 0; run < RUNS; run++) {
      const figures = { ldapsearch: await ldapsearch(), bare: await bare() };
      const islet = await startIslet(configure(slapd));
      servers.push(islet);
      const sync = await eventually(() => tookMs(islet), 120_000);
      const again = await syncAgain(islet);
      await islet.remove();
      runs.push({ ...figures, sync, again, ...(await underLoad(slapd, servers)) });
    }
    const of = (figure: keyof (typeof runs)[number]) => median(runs.map((run) => run[figure]));
    return {
      people,
      ldapsearchMs: of('ldapsearch'),
      bareListingMs: of('bare'),
      firstSyncMs: of('sync'),
      unchangedSyncMs: of('again'),
      firstSyncToLdapsearch: median(runs.map(({ sync, ldapsearch }) => sync / ldapsearch)),
      firstSyncToBareListing: median(runs.map(({ sync, bare }) => sync / bare)),
      unchangedSyncToBareListing: median(runs.map(({ again, bare }) => again / bare)),
      longestPauseMs: of('pause'),
      slowestRequestMs: of('slowest'),
    };
  } finally {
    for (const islet of servers) await islet.remove();
    await slapd.stop();
  }
}

/** How long requests have to wait during a first sync, from when they are served. */
async function underLoad(slapd: Slapd, servers: RunningIslet[]) {
  const islet = await startIslet(configure(slapd));
  servers.push(islet);
  await longestPause(islet);
  const load = await askSteadily(islet.url);
  await eventually(() => tookMs(islet), 120_000);
  const { slowest } = await load.stop();
  const pause = await longestPause(islet);
  await islet.remove();
  return { pause, slowest };
}

const configure = (slapd: Slapd) => ({
  server: { name: 'id.example.org' },
  sources: [sourceFor(slapd, { name: 'people', pageSize: PAGE, mirror: { every: '1h', maxShrink: '20%' } })],
});

/** What the server says of its first sync. */
const tookMs = (islet: RunningIslet): number | undefined =>
  Number(/in step with its directory.*?"tookMs":(\d+)/.exec(islet.log())?.[1]) || undefined;

/** The longest time for which the server could not look at a request since it was asked last. */
async function longestPause(islet: RunningIslet): Promise<number> {
  const metrics = await (await fetch(`${islet.adminUrl}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_max_seconds ([\d.e-]+)/m.exec(metrics)?.[1]) * 1000;
}

async function syncAgain(islet: RunningIslet): Promise<number> {
  const { stdout } = await islet.command('sync', '--json');
  const [report] = JSON.parse(stdout) as readonly { tookMs: number; changed: { count: number } }[];
  return report?.tookMs ?? Number.NaN;
}

async function runLdapsearch(slapd: Slapd): Promise<void> {
  const access = ['-x', '-H', slapd.url, '-D', slapd.adminDn, '-w', slapd.adminPassword, '-b', PEOPLE_BASE];
  const query = ['-E', `pr=${PAGE}/noprompt`, '-o', 'ldif-wrap=no', '-LLL', '(&(objectClass=inetOrgPerson)(uid=*))'];
  await output('ldapsearch', [...access, ...query, 'entryUUID', 'uid', 'mail', 'mobile', 'telephoneNumber']);
}

async function listBare(slapd: Slapd): Promise<number> {
  const script = new URL('bare-listing.mjs', import.meta.url).pathname;
  const args = [script, slapd.url, slapd.adminDn, slapd.adminPassword, PEOPLE_BASE, String(PAGE)];
  return (JSON.parse(await output(process.execPath, args)) as { tookMs: number }).tookMs;
}
