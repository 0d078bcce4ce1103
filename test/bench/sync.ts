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
 * Syncs of many people, compared with other programs that read the same entries. The built server runs in a separate
 * process. Its response times are measured in separate syncs. Times in ms.
 */
export async function benchSync(people = 100_000) {
  const slapd = await startDirectory(people);
  const servers: RunningIslet[] = [];
  try {
    const ldapsearch = () => timed(() => runLdapsearch(slapd));
    const bare = () => listBare(slapd);
    // Alternately, so that a slower machine affects all of them.
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

/** How long requests wait during a first sync, once the server accepts them. */
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

/** What the server reports about its first sync. */
const tookMs = (islet: RunningIslet): number | undefined =>
  Number(/"event":"mirror_synced".*?"tookMs":(\d+)/.exec(islet.log())?.[1]) || undefined;

/** The longest time for which the event loop was blocked since the last call, in ms. */
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
