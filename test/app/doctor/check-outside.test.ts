import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { outsideCheck } from '../../../src/app/doctor/check-outside.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';
import { ADMIN_TOKEN, type Settings, startApp } from '../../support/test-app.js';

type Rewrite = (headers: IncomingHttpHeaders, client: string) => IncomingHttpHeaders;

const closing: (() => Promise<unknown>)[] = [];

/** A reverse proxy that changes headers with `rewrite`. */
async function startProxy(port: number, rewrite: Rewrite): Promise<number> {
  const server = createServer((req, res) => {
    const headers = rewrite(req.headers, req.socket.remoteAddress ?? '');
    const { method, url: path } = req;
    const passedOn = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(res);
    });
    req.pipe(passedOn);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const withoutForwarding = ({ 'x-forwarded-for': _for, 'x-real-ip': _ip, ...headers }: IncomingHttpHeaders) => headers;

const proxies = {
  /** nginx with $proxy_add_x_forwarded_for, HAProxy. */
  appending: (headers, client) => ({
    ...headers,
    'x-forwarded-for': [headers['x-forwarded-for'], client].flatMap((value) => value ?? []).join(', '),
  }),
  /** Caddy. */
  replacing: (headers, client) => ({ ...headers, 'x-forwarded-for': client }),
  /** nginx with only proxy_pass forwards the headers of the client. */
  silent: (headers) => headers,
  strict: withoutForwarding,
  realIpOnly: (headers, client) => ({ ...withoutForwarding(headers), 'x-real-ip': client }),
} satisfies Record<string, Rewrite>;

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'islet-outside-'));
  await writeFile(join(dataDir, 'admin-token'), ADMIN_TOKEN, { mode: 0o600 });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await rm(dataDir, { recursive: true });
});

/** The problems that the doctor reports if this proxy is in front of a server with these options. */
async function found(proxy: Rewrite | undefined, http: Settings['http'] = {}) {
  const app = await startApp({ http });
  closing.push(() => app.close());
  const port = proxy ? await startProxy(app.port, proxy) : app.port;
  const { config } = loadFromEtc(
    [
      `server: { name: id.example.org, publicUrl: 'http://127.0.0.1:${port}' }`,
      `listen: { port: ${app.port} }`,
      `admin: { port: ${app.adminPort} }`,
      `dataDir: ${dataDir}`,
    ].join('\n'),
  );
  const results = await outsideCheck(config, true, new AxiosHttpClient())();
  return results.map(({ state, words }) => `${state}: ${words}`);
}

describe('the check of the doctor through the public URL', () => {
  it.each(['appending', 'replacing'] as const)('accepts a proxy that is %s the client address', async (proxy) => {
    expect(await found(proxies[proxy])).toEqual([expect.stringMatching(/^ok: sends the addresses of clients/)]);
  });

  it('reports nothing if there is no proxy', async () => {
    expect(await found(undefined)).toEqual(['ok: clients reach the server without a proxy']);
  });

  it('reports that version 1 is open to the outside behind a proxy that does not send client addresses', async () => {
    expect(await found(proxies.strict)).toEqual([
      expect.stringMatching(
        /^failure: the proxy at \S*127\.0\.0\.1 sends no X-Forwarded-For: .*version 1 .* is open to everyone/,
      ),
    ]);
  });

  it('reports that all clients look the same behind such a proxy if it is expected and version 1 is closed', async () => {
    const v1 = { allowFrom: [] };
    expect(await found(proxies.strict, { v1 })).toEqual([
      expect.stringMatching(
        /^warning: .* sends no X-Forwarded-For: all clients seem to have its address, and share its limits$/,
      ),
    ]);
  });

  it('reports a proxy that forwards a client address from the client itself', async () => {
    expect(await found(proxies.silent)).toContainEqual(
      expect.stringMatching(
        /^failure: it forwards the X-Forwarded-For of the client unchanged: anyone can pretend to be in your network/,
      ),
    );
  });

  it('finds a proxy that sends only X-Real-IP', async () => {
    expect(await found(proxies.realIpOnly)).toEqual([
      expect.stringMatching(/^warning: the proxy at \S*127\.0\.0\.1 sends only X-Real-IP, which Islet does not use/),
    ]);
  });

  it('reports a proxy that the server does not know', async () => {
    expect(await found(proxies.appending, { trustedProxies: [] })).toEqual([
      expect.stringMatching(/^warning: the proxy at \S*127\.0\.0\.1 is not in listen\.trustedProxies/),
    ]);
  });
});

describe('a probe request', () => {
  it('requires the admin token, and reports one request once', async () => {
    const app = await startApp();
    closing.push(() => app.close());
    expect((await app.callAdmin('POST', '/probes')).status).toBe(401);
    const { id } = (await app.callAdmin('POST', '/probes', { token: ADMIN_TOKEN })).json;
    await app.call('GET', '/v2', { headers: { 'X-Islet-Probe': 'of nobody' } });
    await app.call('GET', '/v2', { headers: { 'X-Islet-Probe': id } });
    const look = async () => (await app.callAdmin('GET', `/probes/${id}`, { token: ADMIN_TOKEN })).json;
    expect(await look()).toMatchObject({ arrival: { client: '127.0.0.1', isVerified: true, isAdmittedToV1: true } });
    expect(await look()).toEqual({ arrival: null });
  });

  it('is removed when ten others were started', async () => {
    const app = await startApp();
    closing.push(() => app.close());
    const begin = async () => (await app.callAdmin('POST', '/probes', { token: ADMIN_TOKEN })).json.id as string;
    const first = await begin();
    for (let at = 0; at < 10; at++) await begin();
    await app.call('GET', '/v2', { headers: { 'X-Islet-Probe': first } });
    expect((await app.callAdmin('GET', `/probes/${first}`, { token: ADMIN_TOKEN })).json).toEqual({ arrival: null });
  });
});
