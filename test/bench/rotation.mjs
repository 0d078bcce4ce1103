// Changes the pepper during requests, with a million stored addresses: node rotation.mjs FOLDER
import { LogTelemetry } from '../../src/adapters/system/log-telemetry.ts';
import { interpret } from '../../src/app/config/config.ts';
import { openApp } from '../../src/app/wiring/open-app.ts';
import { IndexUpdater } from '../../src/domain/hash-index/index-updater.ts';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.ts';
import { PepperService } from '../../src/domain/peppers/pepper-service.ts';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

const folder = process.argv[2];
const ldap = { name: 'people', urls: ['ldap://127.0.0.1:1'], preset: 'openldap', bases: ['dc=example,dc=org'], homeserver: 'example.org' };
const lookup = { pepperLifetime: '40s', pepperGrace: '20s' };
const data = { server: { name: 'id.example.org' }, dataDir: folder, sources: [{ ldap }], lookup };
const telemetry = new LogTelemetry({ level: 'error', format: 'json' });
const app = await openApp(interpret({ data, lineOf: () => undefined }, undefined, {}, folder).config, telemetry);
const peppers = app.container.get(PepperService);
await peppers.rotateIfDue();
await app.container.get(IndexUpdater).start();
const keeping = setInterval(() => void peppers.rotateIfDue(), 1_000);

const { lookupService: lookups } = app.services;
const first = lookups.details().pepper;
let [asked, refused, missed] = [0, 0, 0];
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
// Like Synapse: requests the pepper, and uses it a moment later.
for (const until = Date.now() + 60_000; Date.now() < until && (lookups.details().pepper === first || Date.now() < until - 15_000); ) {
  const { pepper } = lookups.details();
  await pause(2);
  const hash = lookupHash({ medium: 'email', address: `user${asked % 1000}@example.org` }, pepper);
  asked += 1;
  await lookups.find('sha256', pepper, [hash]).then(
    (mappings) => (missed += mappings.size === 1 ? 0 : 1),
    () => (refused += 1),
  );
}
delay.disable();
clearInterval(keeping);
const hasChanged = lookups.details().pepper !== first;
process.stdout.write(JSON.stringify({ asked, refused, missed, hasChanged, longestPauseMs: delay.max / 1e6 - 1 }));
await app.close();
await telemetry.close();
process.exit(0);
