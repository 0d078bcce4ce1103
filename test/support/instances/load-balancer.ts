import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from '../daemon.js';
import { freePort } from '../ports.js';
import { needPackages } from '../services.js';

await needPackages('nginx');

export interface LoadBalancer {
  readonly url: string;
  /** Balances between these servers from now on. Requests that are being answered are not interrupted. */
  balance(urls: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Debian's nginx in front of several instances, each in turn. It asks another one only if it could not connect. */
export async function startLoadBalancer(urls: readonly string[]): Promise<LoadBalancer> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-balancer-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const write = (servers: readonly string[]) =>
    writeFile(
      file,
      `daemon off; pid ${folder}/pid; error_log stderr crit;
      events {}
      http {
        access_log off;
        ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
        upstream islets {
          ${servers.map((url) => `server ${new URL(url).host} max_fails=1 fail_timeout=2s;`).join('\n')}
        }
        server {
          listen 127.0.0.1:${port};
          location /_matrix {
            proxy_pass http://islets;
            proxy_connect_timeout 1s;
            proxy_set_header X-Forwarded-For $remote_addr;
          }
        }
      }`,
    );
  await write(urls);
  const daemon = new Daemon(['/usr/sbin/nginx', '-e', 'stderr', '-c', file], { host: '127.0.0.1', port });
  await daemon.restart();
  return {
    url: `http://127.0.0.1:${port}`,
    async balance(servers) {
      await write(servers);
      daemon.reload();
    },
    async close() {
      await daemon.end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
