import { describe, expect, it } from 'vitest';
import { email } from '../../../../../src/domain/identifiers/threepid.js';
import { adminBrowser } from '../../../../support/admin-browser.js';
import { alice, bob } from '../../../../support/fakes.js';
import { useApp } from '../../../../support/http.js';
import { ADMIN_TOKEN } from '../../../../support/test-app.js';

describe('people on the admin page', () => {
  const app = useApp();
  const audited = async () => (await app.callAdmin('GET', '/audit', { token: ADMIN_TOKEN })).json.entries;
  const opened = async () => {
    await app.bind(email('alice@example.net'), alice);
    return adminBrowser(app).signIn('anna');
  };
  const invite = async (address: string) => {
    const token = await app.signIn(bob);
    const body = { medium: 'email', address, room_id: '!room:example.org', sender: bob };
    return (await app.call('POST', '/v2/store-invite', { token, body })).json.token as string;
  };

  it.each(['alice@example.net', 'Alice@Example.net', alice, 'matrix:u/alice:example.org'])(
    'are found with their bindings by %s',
    async (who) => {
      const { text } = await (await opened()).get(`/page/people?who=${encodeURIComponent(who)}`);
      expect(text).toContain('<h3>alice@example.net</h3>');
      expect(text).toContain('<p class="code">@alice:example.org</p>');
    },
  );

  it('are unbound after confirmation, in the name of the administrator', async () => {
    const browser = await opened();
    const from = `/page/people?who=${alice}`;
    const fields = { address: 'alice@example.net', mxid: alice, who: alice };
    const asked = await browser.send(from, '/page/people/unbind', fields);
    expect(asked.text).toContain('Remove this binding?');
    expect(asked.text).toContain('The audit trail will say that anna did this.');
    expect((await browser.get(from)).text).toContain('<h3>alice@example.net</h3>');

    const done = await browser.send(from, '/page/people/unbind', { ...fields, confirmed: 'yes' });
    expect(done.headers.get('location')).toBe('/page/people?who=%40alice%3Aexample.org&done=unbound');
    const after = (await browser.get(done.headers.get('location') ?? '')).text;
    expect(after).toContain('The binding is removed.');
    expect(after).not.toContain('<h3>alice@example.net</h3>');
    const again = await browser.send(from, '/page/people/unbind', { ...fields, confirmed: 'yes' });
    expect(again.headers.get('location')).toContain('done=not_found');
  });

  it('have an invitation revoked after confirmation', async () => {
    const token = await invite('carol@example.com');
    const browser = await opened();
    const from = '/page/people?who=carol@example.com';
    expect((await browser.get(from)).text).toContain('waiting');
    expect((await browser.get(`/page/people?who=${bob}`)).text).toContain('<h3>carol@example.com');
    const fields = { token, address: 'carol@example.com' };
    await browser.send(from, '/page/people/revoke', fields);
    expect(await app.services.adminService.invites()).toHaveLength(1);
    await browser.send(from, '/page/people/revoke', { ...fields, confirmed: 'yes' });
    expect(await app.services.adminService.invites()).toEqual([]);
  });

  it('receive their invitations if a source knows them now', async () => {
    await invite('carol@example.com');
    const browser = await opened();
    app.directory.add(email('carol@example.com'), '@carol:example.org');
    const from = '/page/people?who=carol@example.com';
    await browser.send(from, '/page/people/deliver', { address: 'carol@example.com', confirmed: 'yes' });
    expect((await browser.get(from)).text).toContain('handed over');
    expect((await audited()).at(-1)).toMatchObject({ action: 'delivery_requested', by: 'operator anna' });
  });

  it('lose their access tokens after confirmation', async () => {
    const token = await app.signIn(bob);
    const browser = await opened();
    const from = `/page/people?who=${bob}`;
    expect((await browser.get(from)).text).toContain('Access tokens (1)');
    await browser.send(from, '/page/people/end', { mxid: bob });
    expect((await app.call('GET', '/v2/account', { token })).status).toBe(200);
    await browser.send(from, '/page/people/end', { mxid: bob, confirmed: 'yes' });
    expect((await app.call('GET', '/v2/account', { token })).status).toBe(401);
  });

  it.each([['"><script>alert(1)</script>'], ['@alice'], ['07700 900001']])('are not searched by %s', async (who) => {
    const { status, text } = await (await opened()).get(`/page/people?who=${encodeURIComponent(who)}`);
    expect(status).toBe(400);
    expect(text).not.toContain('<script>alert');
    expect(text).toContain('role="alert"');
  });

  it('are not changed by a link, nor by a form without its token', async () => {
    const browser = await opened();
    const fields = { address: 'alice@example.net', mxid: alice, confirmed: 'yes' };
    expect((await browser.get(`/page/people/unbind?${new URLSearchParams(fields).toString()}`)).status).toBe(405);
    expect((await browser.post('/page/people/unbind', fields)).status).toBe(403);
    expect(await app.services.adminService.bindings(alice)).toHaveLength(1);
  });
});
