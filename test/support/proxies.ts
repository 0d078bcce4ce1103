import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from './daemon.js';
import { freePort } from './ports.js';
import { needPackages } from './services.js';

/** A reverse proxy in front of a homeserver. */
export interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

interface Plan {
  readonly package: string;
  /** The configuration with the given lines in the correct place. */
  readonly config: (port: number, homeserver: string, lines: string, folder: string) => string;
  readonly command: (file: string, folder: string) => readonly [string, ...string[]];
}

const hostOf = (url: string): string => new URL(url).host;

const plans = {
  nginx: {
    package: 'nginx',
    config: (port, homeserver, lines, folder) => `
      daemon off; pid ${folder}/pid; error_log stderr;
      events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
        server {
          listen 127.0.0.1:${port};
          location /_matrix { proxy_pass ${homeserver}; }
          ${lines}
        }
      }`,
    command: (file) => ['/usr/sbin/nginx', '-e', 'stderr', '-c', file],
  },
  haproxy: {
    package: 'haproxy',
    config: (port, homeserver, lines) => {
      const [rule = '', ...backend] = lines.split('\n');
      return `defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend clients
  bind 127.0.0.1:${port}
${rule}
  default_backend homeserver
backend homeserver
  server homeserver ${hostOf(homeserver)}
${backend.join('\n')}
`;
    },
    command: (file) => ['/usr/sbin/haproxy', '-db', '-f', file],
  },
  caddy: {
    package: 'caddy',
    config: (port, homeserver, lines) => `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
${lines}
  reverse_proxy /_matrix/* ${hostOf(homeserver)}
}
`,
    command: (file) => ['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', file],
  },
  apache: {
    package: 'apache2',
    config: (port, homeserver, lines, folder) => `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
ErrorLog ${folder}/logs/error.log
Listen 127.0.0.1:${port}
${['mpm_event', 'authz_core', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${lines}
ProxyPass /_matrix ${homeserver}/_matrix
`,
    command: (file) => ['/usr/sbin/apache2', '-DFOREGROUND', '-f', file],
  },
} as const satisfies Readonly<Record<string, Plan>>;

export type ProxyKind = keyof typeof plans;

/** Starts a proxy with these lines in its configuration. */
export async function startProxy(kind: ProxyKind, homeserver: string, lines: string): Promise<Proxy> {
  const plan: Plan = plans[kind];
  await needPackages(plan.package);
  const folder = await mkdtemp(join(tmpdir(), `${kind}-`));
  const port = await freePort();
  const file = join(folder, 'proxy.conf');
  await mkdir(join(folder, 'logs'));
  await writeFile(file, plan.config(port, homeserver, lines, folder));
  const daemon = new Daemon(plan.command(file, folder), { host: '127.0.0.1', port });
  await daemon.restart();
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await daemon.end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
