import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ldap from 'ldapjs';
import { LogTelemetry } from '../../src/adapters/system/log-telemetry.js';
import { interpret } from '../../src/app/config.js';
import { serve } from '../../src/app/main.js';
import type { Slapd } from '../support/slapd.js';
import { PEOPLE_BASE, startDirectory } from './directory.js';
import { askSteadily } from './load.js';
import { longestPause, median, timed } from './measure.js';

const PAGE = 1000;
const ATTRIBUTES = ['entryUUID', 'uid', 'mail', 'mobile', 'telephoneNumber'];

/** A sync of many people, against what reading the same entries costs others. Times in ms. */
export async function benchSync(people = 100_000) {
  const slapd = await startDirectory(people);
  const folder = await mkdtemp(join(tmpdir(), 'islet-bench-'));
  const telemetry = new LogTelemetry({ level: 'error', format: 'pretty' });
  try {
    const ldapsearch = await median(3, () => timed(() => runLdapsearch(slapd)));
    const bareLoop = await median(3, () => timed(() => listBare(slapd)));
    const islet = await serve(configure(slapd, folder), telemetry);
    const load = await askSteadily(islet.url);
    const pause = longestPause();
    // The server's own first sync began when it started: this one waits for it and finds nothing changed.
    const started = performance.now();
    const first = await islet.services.sync('people');
    const untilBoth = performance.now() - started;
    const firstPause = pause.stop();
    const requests = await load.stop();
    const again = await median(3, () => timed(() => islet.services.sync('people')));
    await islet.close();
    return {
      people,
      ldapsearch,
      bareLoop,
      firstSync: untilBoth - first.tookMs,
      unchangedSync: again,
      firstSyncToBareLoop: (untilBoth - first.tookMs) / bareLoop,
      firstSyncToLdapsearch: (untilBoth - first.tookMs) / ldapsearch,
      unchangedSyncToBareLoop: again / bareLoop,
      longestPause: firstPause,
      requestsMeanwhile: requests,
    };
  } finally {
    await telemetry.close();
    await slapd.stop();
    await rm(folder, { recursive: true });
  }
}

function configure(slapd: Slapd, folder: string) {
  const data = {
    server: { name: 'id.example.org' },
    listen: { port: 0 },
    admin: { port: 0 },
    dataDir: folder,
    limits: false,
    sources: [
      {
        ldap: {
          name: 'people',
          urls: [slapd.url],
          bindDn: slapd.adminDn,
          bindPassword: slapd.adminPassword,
          preset: 'openldap',
          bases: [PEOPLE_BASE],
          homeserver: 'example.org',
          phoneRegion: 'DE',
          pageSize: PAGE,
          mirror: { every: '1h', maxShrink: '20%' },
        },
      },
    ],
  };
  return interpret({ data, lineOf: () => undefined }, undefined, {}, folder).config;
}

async function runLdapsearch(slapd: Slapd): Promise<void> {
  const access = ['-x', '-H', slapd.url, '-D', slapd.adminDn, '-w', slapd.adminPassword, '-b', PEOPLE_BASE];
  const query = ['-E', `pr=${PAGE}/noprompt`, '-o', 'ldif-wrap=no', '-LLL', '(&(objectClass=inetOrgPerson)(uid=*))'];
  const child = spawn('ldapsearch', [...access, ...query, ...ATTRIBUTES], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`ldapsearch ended with ${code}`);
}

/** What our LDAP library needs to read the same, doing nothing with it. */
async function listBare(slapd: Slapd): Promise<void> {
  const client = ldap.createClient({ url: slapd.url });
  await new Promise<void>((resolve, reject) =>
    client.bind(slapd.adminDn, slapd.adminPassword, (error) => (error ? reject(error) : resolve())),
  );
  await new Promise<void>((resolve, reject) => {
    const filter = '(&(objectClass=inetOrgPerson)(uid=*))';
    const options = {
      scope: 'sub' as const,
      filter,
      attributes: ATTRIBUTES,
      paged: { pageSize: PAGE },
      timeLimit: 600,
    };
    client.search(PEOPLE_BASE, options, (error, found) => {
      if (error) return reject(error);
      found.on('searchEntry', () => undefined);
      found.on('error', reject);
      found.on('end', () => resolve());
    });
  });
  client.destroy();
}
