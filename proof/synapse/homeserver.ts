import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Daemon } from '../../test/support/daemon.js';
import { inChroot } from './chroot.js';

export const REGISTRATION_SECRET = 'for-the-proof-only';

export interface HomeserverOptions {
  readonly root: string;
  readonly name: string;
  readonly port: number;
  /** Further options of `homeserver.yaml`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A separate Synapse inside the chroot, with an empty SQLite database. */
export async function startHomeserver({ root, name, port, config }: HomeserverOptions) {
  const inside = `/srv/${name}`;
  const folder = join(root, inside);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = {
    'homeserver.yaml': stringify({ ...basicConfig(name, port, inside), ...config }),
    'log.yaml': stringify(logConfig(`${inside}/homeserver.log`)),
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const python = ['python3', '-m', 'synapse.app.homeserver', '-c', `${inside}/homeserver.yaml`];
  await inChroot(root, ...python, '--generate-keys');
  const daemon = new Daemon(['chroot', root, ...python], { host: '127.0.0.1', port });
  await daemon.restart();
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    log: () => readFileSync(join(folder, 'homeserver.log'), 'utf8'),
    stop: () => daemon.end('SIGKILL'),
    restart: () => daemon.restart(),
  };
}

export type Homeserver = Awaited<ReturnType<typeof startHomeserver>>;

const basicConfig = (name: string, port: number, folder: string) => ({
  server_name: name,
  public_baseurl: `https://${name}/`,
  pid_file: `${folder}/homeserver.pid`,
  log_config: `${folder}/log.yaml`,
  media_store_path: `${folder}/media`,
  signing_key_path: `${folder}/signing.key`,
  macaroon_secret_key: 'macaroon',
  form_secret: 'form',
  registration_shared_secret: REGISTRATION_SECRET,
  report_stats: false,
  // Disables the cache of sync responses.
  caches: { sync_response_cache_duration: '0s' },
  trusted_key_servers: [],
  database: { name: 'sqlite3', args: { database: `${folder}/homeserver.db` } },
  listeners: [
    {
      port,
      bind_addresses: ['127.0.0.1'],
      type: 'http',
      tls: false,
      x_forwarded: true,
      resources: [{ names: ['client', 'federation'], compress: false }],
    },
  ],
  ...unlimited(),
});

/** Raises the rate limits: a proof sends more requests per minute than a user. */
function unlimited(): Record<string, unknown> {
  const limit = { per_second: 1000, burst_count: 1000 };
  return {
    rc_message: limit,
    rc_registration: limit,
    rc_login: { address: limit, account: limit, failed_attempts: limit },
    rc_joins: { local: limit, remote: limit },
    rc_3pid_validation: limit,
    rc_third_party_invite: limit,
    rc_invites: { per_room: limit, per_user: limit, per_issuer: limit },
    rc_room_creation: limit,
    rc_federation: { window_size: 1000, sleep_limit: 1000, sleep_delay: 0, reject_limit: 1000, concurrent: 100 },
  };
}

const logConfig = (filename: string) => ({
  version: 1,
  formatters: { plain: { format: '%(asctime)s %(levelname)s %(name)s %(message)s' } },
  handlers: { file: { class: 'logging.FileHandler', formatter: 'plain', filename } },
  root: { level: 'INFO', handlers: ['file'] },
});
