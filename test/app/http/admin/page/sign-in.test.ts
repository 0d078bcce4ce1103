import { describe, expect, it } from 'vitest';
import { request } from 'node:http';
import { ADMIN_TOKEN, type TestApp } from '../../../../support/test-app.js';
import { useApp } from '../../../../support/http.js';
import { adminBrowser, hiddenIn } from '../../../../support/admin-browser.js';

const token = ADMIN_TOKEN;
const linkOf = async (app: TestApp, headers: Record<string, string> = {}) =>
  String((await app.callAdmin('POST', '/sign-in-links', { token, headers })).json.path);

describe('the sign-in to the admin page', () => {
  const app = useApp();

  it('accepts a link once, and keeps the browser signed in for an hour', async () => {
    const path = await linkOf(app, { 'x-islet-operator': 'anna' });
    const browser = adminBrowser(app);
    const form = await browser.get(path);
    expect(form.text).toContain('value="anna"');
    const link = hiddenIn(form.text, 'link');
    const signedIn = await browser.post('/page/sign-in', { link, name: 'anna' });
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/']);
    expect(signedIn.headers.get('set-cookie')).toMatch(/^islet_admin=\w+; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await browser.get('/')).text).toContain('Overview');

    const again = await adminBrowser(app).post('/page/sign-in', { link, name: 'eve' });
    expect([again.status, again.headers.get('set-cookie')]).toEqual([403, null]);
    app.clock.pass(60 * 60_000);
    expect((await browser.get('/')).headers.get('location')).toBe('/page/sign-in');
  });

  it('refuses a link after five minutes', async () => {
    const path = await linkOf(app);
    app.clock.pass(5 * 60_000);
    const { text, headers } = await adminBrowser(app).get(path);
    expect([text.includes('does not work'), headers.get('set-cookie')]).toEqual([true, null]);
  });

  it('creates links only for callers with the admin token', async () => {
    for (const wrong of [undefined, 'wrong']) {
      expect((await app.callAdmin('POST', '/sign-in-links', { token: wrong })).status).toBe(401);
    }
    // The token itself is not a link or a cookie, and is not accepted in a URL.
    expect((await adminBrowser(app).get(`/?access_token=${token}`)).status).toBe(303);
    expect((await app.callAdmin('GET', '/', { token })).status).toBe(303);
    expect((await app.callAdmin('GET', '/', { headers: { cookie: `islet_admin=${token}` } })).status).toBe(303);
    expect((await adminBrowser(app).get(`/page/sign-in?link=${token}`)).text).toContain('does not work');
  });

  it('refuses each link for a minute after ten wrong ones, without using it up', async () => {
    const link = (await linkOf(app)).split('link=')[1] ?? '';
    const browser = adminBrowser(app);
    for (let at = 0; at < 10; at += 1) await browser.post('/page/sign-in', { link: `wrong${at}`, name: 'eve' });
    expect((await browser.post('/page/sign-in', { link, name: 'anna' })).status).toBe(429);
    app.clock.pass(60_001);
    expect((await browser.post('/page/sign-in', { link, name: 'anna' })).status).toBe(303);
  });

  it('does not count a wrong link that another page opens', async () => {
    const link = (await linkOf(app)).split('link=')[1] ?? '';
    const browser = adminBrowser(app);
    for (let at = 0; at < 12; at += 1) {
      await browser.get(`/page/sign-in?link=wrong${at}`, { 'sec-fetch-site': 'cross-site' });
      await browser.post('/page/sign-in', { link: `wrong${at}`, name: 'eve' }, { origin: 'https://evil.example' });
    }
    expect((await browser.post('/page/sign-in', { link, name: 'anna' })).status).toBe(303);
  });

  it.each(['', 'anna müller', 'a\nb', 'x'.repeat(65), '<b>'])('requires a name of one word, not %j', async (name) => {
    const link = (await linkOf(app)).split('link=')[1] ?? '';
    const browser = adminBrowser(app);
    const refused = await browser.post('/page/sign-in', { link, name });
    expect(refused.status).toBe(400);
    expect(refused.text).not.toContain('<b>');
    // The link can still be used.
    expect((await browser.post('/page/sign-in', { link, name: 'anna' })).status).toBe(303);
  });

  it('is in the audit trail with the name, and so is the sign-out', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    const formToken = hiddenIn((await browser.get('/')).text, 'form_token');
    const out = await browser.post('/page/sign-out', { form_token: formToken });
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
    const { json } = await app.callAdmin('GET', '/audit', { token });
    expect(json.entries).toMatchObject([
      { action: 'operator_signed_in', by: 'operator anna', client: '127.0.0.1' },
      { action: 'operator_signed_out', by: 'operator anna' },
    ]);
  });

  it('ends the session on the server, not only in the browser', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    const { cookie } = browser;
    await browser.post('/page/sign-out', { form_token: hiddenIn((await browser.get('/')).text, 'form_token') });
    expect((await app.callAdmin('GET', '/', { headers: { cookie } })).status).toBe(303);
  });
});

describe('an attacker', () => {
  const app = useApp();

  it('cannot set the session of a person who signs in', async () => {
    const browser = adminBrowser(app);
    browser.cookie = 'islet_admin=chosenByEve';
    await browser.signIn('anna');
    expect(browser.cookie).not.toContain('chosenByEve');
    expect((await app.callAdmin('GET', '/', { headers: { cookie: 'islet_admin=chosenByEve' } })).status).toBe(303);
  });

  it('cannot send a form from another page', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    const form = { form_token: hiddenIn((await browser.get('/')).text, 'form_token') };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:1' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'none' },
      {},
    ]) {
      expect((await browser.post('/page/sign-out', form, headers)).status).toBe(403);
    }
    for (const wrong of [{}, { form_token: '' }, { form_token: 'guessed' }]) {
      expect((await browser.post('/page/sign-out', wrong)).status).toBe(403);
    }
    const asText = { 'content-type': 'text/plain' };
    expect((await browser.post('/page/sign-out', form, { ...browser.own, ...asText })).status).toBe(400);
    expect((await browser.get('/')).status).toBe(200);
  });

  it('cannot use the form of another administrator', async () => {
    const [anna, eve] = [await adminBrowser(app).signIn('anna'), await adminBrowser(app).signIn('eve')];
    const form = { form_token: hiddenIn((await eve.get('/')).text, 'form_token') };
    expect((await anna.post('/page/sign-out', form)).status).toBe(403);
  });

  it('cannot open the page under their own host name', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    expect(await statusUnder(app, 'rebound.evil.example', browser.cookie)).toBe(403);
    expect(await statusUnder(app, 'islet-admin.example.org', browser.cookie)).toBe(200);
    expect(await statusUnder(app, 'localhost:8091', browser.cookie)).toBe(200);
  });

  it('cannot frame the page, nor inject a script', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    const { headers } = await browser.get('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('cannot set the user name with a header if no proxy is trusted', async () => {
    const headers = { 'x-forwarded-user': 'root', 'x-forwarded-for': '127.0.0.1' };
    expect((await app.callAdmin('GET', '/', { headers })).status).toBe(303);
  });
});

describe('a proxy that signs administrators in', () => {
  const app = useApp({ page: { trustedProxies: ['127.0.0.1/32'], userHeader: 'X-Forwarded-User' } });
  const distrusted = useApp({ page: { trustedProxies: ['10.0.0.5/32'], userHeader: 'X-Forwarded-User' } });
  const proxied = { 'x-forwarded-user': 'anna', 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.7' };

  it('sets the name of the administrator, whose forms work, with their own address in the audit trail', async () => {
    const browser = adminBrowser(app, proxied);
    const first = await browser.get('/');
    expect(first.headers.get('set-cookie')).toMatch(/; Secure$/);
    expect(first.text).toContain('anna');
    await browser.post('/page/sign-out', { form_token: hiddenIn(first.text, 'form_token') });
    const { json } = await app.callAdmin('GET', '/audit', { token });
    expect(json.entries).toMatchObject([{ action: 'operator_signed_out', by: 'operator anna', client: '192.0.2.7' }]);
  });

  it('is required for each request: the cookie alone is not accepted, nor with another name', async () => {
    const browser = adminBrowser(app, proxied);
    await browser.get('/');
    const { cookie } = browser;
    expect((await app.callAdmin('GET', '/', { headers: { cookie } })).status).toBe(303);
    const other = await app.callAdmin('GET', '/', { headers: { cookie, ...proxied, 'x-forwarded-user': 'eve' } });
    expect(other.text).toContain('<span>eve</span>');
  });

  it.each(['', 'anna, eve', 'anna eve', '<script>'])('cannot set the name %j', async (name) => {
    expect((await app.callAdmin('GET', '/', { headers: { ...proxied, 'x-forwarded-user': name } })).status).toBe(303);
  });

  it('is not trusted from another address', async () => {
    expect((await distrusted.callAdmin('GET', '/', { headers: proxied })).status).toBe(303);
  });
});

/** `fetch` does not let its caller choose the host. */
const statusUnder = (app: TestApp, host: string, cookie: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const options = { host: '127.0.0.1', port: app.adminPort, path: '/', headers: { host, cookie } };
    request(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
