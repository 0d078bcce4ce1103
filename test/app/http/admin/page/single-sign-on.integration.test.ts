import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hiddenIn } from '../../../../support/admin-browser.js';
import { type Proxy, startProxy } from '../../../../support/proxies.js';
import { type StandIn, startStandIn } from '../../../../support/stand-in.js';
import { ADMIN_TOKEN, startApp, type TestApp } from '../../../../support/test-app.js';

const page = readFileSync(join(import.meta.dirname, '../../../../../docs/topics/admin-page.md'), 'utf8');
/** The locations of nginx as documented. */
const locations = /```nginx\n[^]*?\n\n([^]*?)\}\n```/.exec(page)?.[1] ?? expect.fail('there is no block of nginx');

describe('nginx and oauth2-proxy in front of the admin page, as documented', () => {
  let app: TestApp;
  let sso: StandIn;
  let proxy: Proxy;

  beforeAll(async () => {
    app = await startApp({ page: { trustedProxies: ['127.0.0.1/32'], userHeader: 'X-Forwarded-User' } });
    // Answers like oauth2-proxy: the user of its cookie, or 401.
    sso = await startStandIn((request, response) => {
      const [, user] = /sso=(\w+)/.exec(request.headers.cookie ?? '') ?? [];
      if (request.url !== '/oauth2/auth') return void response.end('please sign in');
      response
        .writeHead(user === undefined ? 401 : 202, user === undefined ? {} : { 'X-Auth-Request-User': user })
        .end();
    });
    const lines = locations
      .replaceAll('http://127.0.0.1:4180', sso.url)
      .replace('http://10.0.0.8:8091', `http://127.0.0.1:${app.adminPort}`);
    proxy = await startProxy('nginx', sso.url, lines);
  });

  afterAll(async () => {
    await proxy?.close();
    await sso?.close();
    await app?.close();
  });

  const ask = (path: string, init: RequestInit = {}) => fetch(`${proxy.url}${path}`, { redirect: 'manual', ...init });

  it('require strangers to sign in there', async () => {
    expect(await (await ask('/')).text()).toBe('please sign in');
  });

  it('show the page to the person whom the proxy names, and overwrite the header of a client', async () => {
    const headers = { cookie: 'sso=anna', 'x-forwarded-user': 'root', 'x-forwarded-for': '192.0.2.1' };
    const first = await ask('/', { headers });
    const html = await first.text();
    expect([first.status, html.includes('<span>anna</span>')]).toEqual([200, true]);

    const [session = ''] = (first.headers.get('set-cookie') ?? '').split(';');
    const body = new URLSearchParams({ form_token: hiddenIn(html, 'form_token') });
    const own = { ...headers, cookie: `sso=anna; ${session}`, origin: proxy.url };
    expect(
      (await ask('/page/sign-out', { method: 'POST', headers: { ...own, origin: 'http://evil.example' }, body }))
        .status,
    ).toBe(403);
    expect((await ask('/page/sign-out', { method: 'POST', headers: own, body })).status).toBe(303);
    const { json } = await app.callAdmin('GET', '/audit', { token: ADMIN_TOKEN });
    expect(json.entries).toMatchObject([{ action: 'operator_signed_out', by: 'operator anna', client: '127.0.0.1' }]);
  });
});
