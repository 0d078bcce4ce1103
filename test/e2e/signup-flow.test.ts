import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE, sourceFor } from '../support/people.js';
import { Slapd } from '../support/slapd.js';
import { type MailServer, startMailServer } from '../support/smtp.js';
import { createAuthority } from '../support/tls.js';

const authority = createAuthority({ slapd: ['localhost', '127.0.0.1'] });

const ways = {
  'in clear': (slapd: Slapd) => ({ urls: [slapd.url] }),
  StartTLS: (slapd: Slapd) => ({ urls: [slapd.url], startTls: true }),
  LDAPS: (slapd: Slapd) => ({ urls: [slapd.ldapsUrl] }),
};

describe.each(Object.entries(ways))('the usual sign-up flow, with a real directory that is used %s', (way, access) => {
  let slapd: Slapd;
  let mails: MailServer;
  let homeserver: HomeserverStandIn;
  let upstream: IdentityServer;
  let islet: RunningIslet;
  let client: IdentityClient;

  beforeAll(async () => {
    const { slapd: certificate } = authority.certificates;
    slapd = await Slapd.start({ ldif: PEOPLE, tls: { ca: authority.ca, ...certificate } });
    mails = await startMailServer();
    homeserver = await startHomeserver('example.org');
    upstream = await startIdentityServer({ rows: [['email', 'paula@partner.example', '@paula:partner.example']] });
    islet = await startIslet(
      {
        server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
        v1: { allowFrom: ['loopback'] },
        sources: [
          sourceFor(slapd, { ...access(slapd), ...(way !== 'in clear' && { caFile: 'ca.pem' }) }),
          { upstream: { name: 'partner', url: upstream.url } },
          'bindings',
        ],
        homeservers: { 'example.org': { url: homeserver.url } },
        mail: { host: '127.0.0.1', port: mails.port, tls: 'none', from: 'Islet <noreply@example.org>' },
      },
      { 'ca.pem': authority.ca },
    );
    client = new IdentityClient(islet.url);
    await eventually(async () =>
      JSON.stringify(await (await fetch(`${islet.adminUrl}/health/ready`)).json()).includes('"staff":{"ok":true'),
    );
  });

  afterAll(async () => {
    await islet?.remove();
    await Promise.all([slapd?.stop(), mails?.close(), homeserver?.close(), upstream?.close()]);
  });

  const codeIn = (mail: string): string => /[?&]token=([0-9A-Za-z]+)/.exec(mail)?.[1] ?? '';

  it('validates, binds, looks up and signs over version 1, with requests as curl sends them', async () => {
    const asked = await client.post(
      '/v1/validate/email/requestToken',
      'email=visitor@example.net&client_secret=monkeys&send_attempt=1',
    );
    expect(asked).toMatchObject({ status: 200, body: { success: true, sid: expect.any(String) } });
    const { sid } = asked.body;
    const token = codeIn(mails.mails.at(-1)?.mail.text ?? '');

    expect(await client.get(`/v1/lookup?medium=email&address=visitor@example.net`)).toEqual({ status: 200, body: {} });
    const proof = `sid=${String(sid)}&client_secret=monkeys`;
    expect(await client.post('/v1/validate/email/submitToken', `${proof}&token=${token}`)).toEqual({
      status: 200,
      body: { success: true },
    });
    const bound = await client.post('/v1/3pid/bind', `${proof}&mxid=@visitor:example.org`);
    expect(bound).toMatchObject({
      status: 200,
      body: { address: 'visitor@example.net', mxid: '@visitor:example.org' },
    });

    const found = await client.get('/v1/lookup?medium=email&address=Visitor@Example.net');
    expect(found.body).toMatchObject({
      mxid: '@visitor:example.org',
      signatures: { 'id.example.org': expect.anything() },
    });
    await eventually(() => homeserver.bound.some((body) => body['address'] === 'visitor@example.net'));
  });

  it('validates with the mailed link: it opens a page whose button validates', async () => {
    const session = { client_secret: 'apes', email: 'reader@example.net', send_attempt: 1 };
    const { body } = await client.post('/v1/validate/email/requestToken', session);
    const link = /https:\/\/id\.example\.org(\S+)/.exec(mails.mails.at(-1)?.mail.text ?? '')?.[1] ?? '';
    const check = () => client.get(`/v1/3pid/getValidated3pid?sid=${String(body['sid'])}&client_secret=apes`);

    const page = await fetch(`${islet.url}${link}`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect((await check()).body).toMatchObject({ errcode: 'M_SESSION_NOT_VALIDATED' });

    const { pathname, searchParams } = new URL(link, islet.url);
    const action = /<form[^>]* action="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    await fetch(new URL(action, `${islet.url}${pathname}`), { method: 'POST', body: searchParams });
    expect((await check()).body).toMatchObject({ medium: 'email', address: 'reader@example.net' });
  });

  it('finds people of the directory by each address, however their numbers are written', async () => {
    const threepids = [
      ['email', 'alice@example.org'],
      ['email', 'a.archer@example.org'],
      ['msisdn', '492215551234'],
      ['msisdn', '492215551235'],
      ['msisdn', '491705551235'],
      ['email', 'dave@example.org'],
      ['email', 'harbour@example.org'],
      ['email', 'number@example.org'],
      ['email', 'paula@partner.example'],
      ['email', 'nobody@example.org'],
    ];
    const { body } = await client.post('/v1/bulk_lookup', { threepids });
    expect(Object.fromEntries((body['threepids'] as string[][]).map(([, address, mxid]) => [address, mxid]))).toEqual({
      'alice@example.org': '@alice:example.org',
      'a.archer@example.org': '@alice:example.org',
      '492215551234': '@alice:example.org',
      '492215551235': '@bob.berg:example.org',
      '491705551235': '@bob.berg:example.org',
      'dave@example.org': '@dave=20smith:example.org',
      'paula@partner.example': '@paula:partner.example',
    });
  });

  it('answers hashed lookups of current clients, and plain lookups over all sources', async () => {
    await client.register('example.org', 'token-of-alice');

    expect(await client.findHashed(['alice@example.org', 'A.Archer@example.org', 'harbour@example.org'])).toEqual({
      'alice@example.org': '@alice:example.org',
      'A.Archer@example.org': '@alice:example.org',
    });
    expect(await client.findPlain(['paula@partner.example email', '492215551234 msisdn'])).toEqual({
      'paula@partner.example email': '@paula:partner.example',
      '492215551234 msisdn': '@alice:example.org',
    });
  });

  it('refuses to bind an address that the directory assigns to another user', async () => {
    const session = { client_secret: 'gibbons', email: 'alice@example.org', send_attempt: 1 };
    const { body } = await client.post('/v1/validate/email/requestToken', session);
    const proof = { sid: body['sid'], client_secret: 'gibbons' };
    await client.post('/v1/validate/email/submitToken', {
      ...proof,
      token: codeIn(mails.mails.at(-1)?.mail.text ?? ''),
    });

    expect(await client.post('/v1/3pid/bind', { ...proof, mxid: '@mallory:example.org' })).toMatchObject({
      status: 400,
      body: { errcode: 'M_THREEPID_IN_USE', mxid: '@alice:example.org' },
    });
    expect(await client.post('/v1/3pid/bind', { ...proof, mxid: '@alice:example.org' })).toMatchObject({ status: 200 });
  });

  // How the directory is read makes no difference to what is stored.
  it.runIf(way === 'in clear')('keeps all answers after a crash', async () => {
    const session = { client_secret: 'lemurs', email: 'crash@example.net', send_attempt: 1 };
    const { body } = await client.post('/v1/validate/email/requestToken', session);
    await islet.stop('SIGKILL');
    await islet.restart();

    const proof = { sid: body['sid'], client_secret: 'lemurs' };
    const token = codeIn(mails.mails.at(-1)?.mail.text ?? '');
    expect(await client.post('/v1/validate/email/submitToken', { ...proof, token })).toMatchObject({ status: 200 });
    await islet.stop('SIGKILL');
    await islet.restart();

    expect(await client.post('/v1/3pid/bind', { ...proof, mxid: '@crash:example.org' })).toMatchObject({ status: 200 });
    await islet.stop('SIGKILL');
    await islet.restart();

    expect(await client.findHashed(['crash@example.net'])).toEqual({ 'crash@example.net': '@crash:example.org' });
    await eventually(() => homeserver.bound.some((body) => body['address'] === 'crash@example.net'));
  });

  it('writes no address, token or secret to the log', () => {
    expect(islet.log()).not.toMatch(/monkeys|visitor@example|alice@example|492215551234|token-of-alice/);
  });
});
