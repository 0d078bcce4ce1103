import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/ports.js';
import { needPackages } from '../../support/services.js';
import { type StandIn, startStandIn } from '../../support/stand-in.js';
import { createAuthority } from '../../support/tls.js';

await needPackages('haproxy', 'caddy');

const page = readFileSync(join(import.meta.dirname, '../../../docs/setup/install.md'), 'utf8');
const { ca, certificates } = createAuthority({ proxy: ['127.0.0.1'] });
const { cert, key } = certificates.proxy;

/** The code block of this language in the documentation. */
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1] ?? expect.fail(`there is no block of ${language}`);

interface Start {
  readonly folder: string;
  readonly port: number;
  /** The host and port of Islet. */
  readonly islet: string;
}

const proxies: Readonly<Record<string, (start: Start) => ChildProcess>> = {
  HAProxy({ folder, port, islet }) {
    writeFileSync(join(folder, 'proxy.pem'), `${cert}\n${key}`);
    const site = block('haproxy')
      .replace(':443', `127.0.0.1:${port}`)
      .replace('/etc/haproxy/id.example.org.pem', join(folder, 'proxy.pem'))
      .replace('127.0.0.1:8090', islet);
    const defaults = 'defaults\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n';
    writeFileSync(join(folder, 'haproxy.cfg'), `${defaults}${site}`);
    return spawn('/usr/sbin/haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: 'ignore' });
  },
  Caddy({ folder, port, islet }) {
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'key.pem'), key);
    const site = block('caddy')
      .replace('id.example.org {', `https://127.0.0.1:${port} {\n  tls ${folder}/cert.pem ${folder}/key.pem`)
      .replace('127.0.0.1:8090', islet);
    const options = `{\n  admin off\n  auto_https disable_redirects\n  storage file_system ${folder}/storage\n}\n`;
    writeFileSync(join(folder, 'Caddyfile'), `${options}${site}`);
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
    const args = ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
    return spawn('/usr/bin/caddy', args, { stdio: 'ignore', env });
  },
};

describe.each(Object.entries(proxies))('the documented configuration of %s', (_name, start) => {
  let folder: string;
  let islet: StandIn;
  let port: number;
  let child: ChildProcess;
  let asked: { url: string | undefined; forwardedFor: string | string[] | undefined }[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'islet-proxies-'));
    asked = [];
    islet = await startStandIn((incoming, response) => {
      asked.push({ url: incoming.url, forwardedFor: incoming.headers['x-forwarded-for'] });
      response.end('{}');
    });
    port = await freePort();
    child = start({ folder, port, islet: new URL(islet.url).host });
    await eventually(() => status('/').catch(() => undefined));
  });

  afterEach(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await islet.close();
    rmSync(folder, { recursive: true });
  });

  const status = async (path: string): Promise<number | undefined> => {
    const headers = { 'x-forwarded-for': '10.1.2.3' };
    const asking = request({ host: '127.0.0.1', port, path, headers, agent: new Agent({ ca }) }).end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };

  it.each(['/_matrix/identity/v2/hash_details?a=%2F', '//_matrix/identity/v2/hash_details', '/_matrix/identity'])(
    'forwards %s to Islet, with the real client address instead of a claimed one',
    async (path) => {
      expect(await status(path)).toBe(200);
      expect(asked).toEqual([{ url: path, forwardedFor: '127.0.0.1' }]);
    },
  );

  it.each(['/', '/_matrix/identityx', '/admin', '/x/_matrix/identity/v2'])('does not forward %s', async (path) => {
    expect(await status(path)).toBe(404);
    expect(asked).toEqual([]);
  });
});
