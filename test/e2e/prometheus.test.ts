import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import { email } from '../../src/domain/identifiers/threepid.js';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { alertRules, dashboard } from '../support/monitoring.js';
import { freePort } from '../support/ports.js';
import { type RunningPrometheus, startPrometheus } from '../support/prometheus.js';
import { type MailServer, startMailServer } from '../support/smtp.js';
import { startStandIn, type StandIn } from '../support/stand-in.js';

const ANNA = '@anna:example.org,anna@example.org';
const people = (count: number, ...more: readonly string[]) =>
  ['mxid,email', ...Array.from({ length: count }, (_, i) => `@p${i}:example.org,p${i}@example.org`), ...more, ''].join(
    '\n',
  );
const ALL = people(20, ANNA);

/** The delivered alerts, but without their delay: their times are tested with promtool. */
const withoutDelay = (rule: (typeof alertRules)[number]) => ({
  ...rule,
  for: '0s',
  expr: rule.expr.replace('> 3600', '> 1'),
});

describe('the metrics of Islet in Prometheus', () => {
  let islet: RunningIslet;
  let prometheus: RunningPrometheus;
  let homeserver: HomeserverStandIn;
  let refusing: StandIn;
  let mails: MailServer;
  let client: IdentityClient;

  beforeAll(async () => {
    const dead = `http://127.0.0.1:${await freePort()}`;
    homeserver = await startHomeserver('example.org');
    refusing = await startStandIn((_request, response) => response.writeHead(400).end('{"errcode":"M_UNKNOWN"}'));
    mails = await startMailServer();
    islet = await startIslet(
      {
        server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
        sources: [
          { file: { name: 'staff', path: 'people.csv', mirror: { every: '1h' } } },
          { upstream: { name: 'partner', url: dead, hashed: true, accessTokenFile: 'partner-token' } },
          'bindings',
        ],
        homeservers: {
          'example.org': { url: homeserver.url },
          'refusing.example': { url: refusing.url },
          'away.example': { url: dead },
        },
        mail: { smtpUrl: `smtp://127.0.0.1:${mails.port}`, from: 'Islet <islet@example.org>', tls: 'none' },
        sms: { gateways: ['console'] },
        limits: { lookup: { addressesPerUser: '30/1h' } },
      },
      { 'people.csv': ALL, 'partner-token': 'secret\n' },
    );
    client = new IdentityClient(islet.url);
    const rules = stringify({ groups: [{ name: 'islet', rules: alertRules.map(withoutDelay) }] });
    prometheus = await startPrometheus(new URL(islet.adminUrl).host, rules);
    await prometheusSays('islet_mirror_entries{source="staff"} == 21');
  });
  afterAll(async () => {
    await prometheus?.close();
    await islet?.remove();
    await Promise.all([homeserver, refusing, mails].map((service) => service?.close()));
  });

  const metrics = async () => (await fetch(`${islet.adminUrl}/metrics`)).text();
  const prometheusSays = (expression: string) =>
    eventually(async () => {
      const found = await prometheus.query(expression);
      return found.length > 0 && found;
    }, 30_000).catch(() => expect.fail(`Prometheus never says ${expression}`));
  /** The queries of a panel, as Grafana sends them. */
  const queriesOf = (title: string) => {
    const queries = dashboard.panels
      .filter((panel) => panel.title === title)
      .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    if (queries.length === 0) expect.fail(`no panel is called ${title}`);
    return queries.map((expr) => expr.replaceAll('$__rate_interval', '10m').replaceAll('$instance', '.*'));
  };
  /** The value of a series of a panel, by its labels. */
  const shown = async (title: string, labels: Readonly<Record<string, string>>) => {
    const found = await Promise.all(queriesOf(title).map((query) => prometheus.query(query)));
    return found.flat().find(({ metric }) => Object.entries(labels).every(([label, value]) => metric[label] === value))
      ?.value;
  };
  const shows = (title: string, labels: Readonly<Record<string, string>>) =>
    eventually(async () => ((await shown(title, labels)) ?? 0) > 0, 30_000).catch(() =>
      expect.fail(`${title} shows nothing of ${JSON.stringify(labels)}`),
    );
  const fires = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    eventually(async () => {
      const alerts = (await prometheus.alerts()).filter((alert) => alert.name === name && alert.isFiring);
      return alerts.find((alert) => Object.entries(labels).every(([label, value]) => alert.labels[label] === value));
    }, 30_000).catch(() => expect.fail(`${name} does not fire for ${JSON.stringify(labels)}`));
  const signIn = async (localpart: string) => {
    const { body } = await client.register('example.org', `token-of-${localpart}`);
    return String(body['token']);
  };
  /** A hashed lookup as in current clients. @returns the status */
  const lookUp = async (token: string, addresses: readonly string[]) => {
    client.useToken(token);
    const { body } = await client.get('/v2/hash_details');
    const pepper = String(body['lookup_pepper']);
    const hashes = addresses.map((address) => lookupHash(email(address), pepper));
    return (await client.post('/v2/lookup', { algorithm: 'sha256', pepper, addresses: hashes })).status;
  };
  const postAdmin = async (path: string) => {
    const token = await readFile(join(islet.folder, 'data', 'admin-token'), 'utf8');
    const headers = { authorization: `Bearer ${token.trim()}` };
    return (await fetch(`${islet.adminUrl}${path}`, { method: 'POST', headers })).status;
  };
  const bind = (address: string, mxid: string) =>
    postAdmin(`/bindings/bind?${new URLSearchParams({ address, mxid }).toString()}`);
  const write = async (text: string) => {
    await writeFile(join(islet.folder, 'people.csv'), text);
    expect(await postAdmin('/sync/staff')).toBe(200);
  };

  it('are read without an error, as OpenMetrics, with all counters at 0, and in less than 250 kB', async () => {
    expect(await prometheus.scrapeError()).toBe('');
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
    const answer = await fetch(`${islet.adminUrl}/metrics`, { headers: { accept } });
    expect(answer.headers.get('content-type')).toContain('application/openmetrics-text');
    const text = await answer.text();
    expect(text.trimEnd()).toMatch(/# EOF$/);
    expect(text.length).toBeLessThan(250_000);
    const zero = await prometheus.query(
      '{__name__=~"islet_(lookups|mails|limits_reached|jobs|syncs|source_failures)_total"} == 0',
    );
    expect(zero.map(({ metric }) => metric)).toContainEqual(
      expect.objectContaining({ __name__: 'islet_lookups_total', source: 'partner', way: 'hash', outcome: 'failed' }),
    );
    expect(zero.length).toBeGreaterThan(50);
  });

  it('have no label whose values a stranger can choose', async () => {
    const series = async () =>
      new Set((await metrics()).split('\n').flatMap((line) => /^islet_[^ ]+(?= )/.exec(line)?.[0] ?? []));
    const before = await series();
    const odd = 'stranger-1f5c';
    await fetch(`${islet.url}/${odd}`, { method: 'PURGE', headers: { 'user-agent': odd } });
    await client.register(`${odd}.example`, odd);
    for (const path of [`/v2/${odd}`, `/v2/pubkey/${odd}`, `/api/v1/lookup?medium=email&address=${odd}`])
      await fetch(`${islet.url}/_matrix/identity${path}`);
    const after = await series();
    expect([...after].filter((line) => !before.has(line))).toEqual([]);
    expect([...after].join('\n')).not.toContain(odd);
  });

  it('raise no alert while all is well, except for the upstream that was down from the start', async () => {
    const { annotations } = await fires('IsletPepperNotFollowed', { source: 'partner' });
    expect(annotations['summary']).toContain('The pepper of partner cannot be read');
    expect((await prometheus.alerts()).map(({ name }) => name)).toEqual(['IsletPepperNotFollowed']);
  });

  it('answer: why was Anna not found, and what changed at the last sync?', async () => {
    const token = await signIn('alice');
    expect(await lookUp(token, ['anna@example.org'])).toBe(200);
    await shows('Addresses by outcome, per minute', { source: 'staff', outcome: 'found' });
    expect(await bind('anna@example.com', '@anna:example.org')).toBe(200);

    // The person is missing in the file: the panel shows when, and the audit trail names them.
    await write(people(20));
    await shows('Changes by syncs', { source: 'staff', change: 'removed' });
    expect(await lookUp(token, ['anna@example.org'])).toBe(200);
    await shows('Addresses by outcome, per minute', { source: 'staff', outcome: 'nobody' });
    expect((await islet.command('audit', '@anna:example.org')).stdout).toContain('person removed @anna:example.org');

    // Or the source with their entry did not answer.
    await shows('Addresses by outcome, per minute', { source: 'partner', outcome: 'failed' });
    await fires('IsletSourceFails', { source: 'partner' });

    await write(ALL);
    await shows('Changes by syncs', { source: 'staff', change: 'added' });
    expect((await islet.command('lookup', 'anna@example.org')).code).toBe(0);
  });

  it('answer: since when is the directory not read?', async () => {
    const readAt = async () => Number(await shown('Directory read last', { source: 'staff' }));
    const since = Date.now();
    await write(ALL);
    // If the response to a scrape is delayed, the time of the last sync differs a little.
    await eventually(async () => (await readAt()) > since - 1_000, 30_000);
    expect(await shown('Syncs', { source: 'staff' })).toBe(0);
    await prometheusSays('islet_mirror_sync_age_seconds{source="staff"} > 6');
    // A file that has lost most of its people.
    const refused = Date.now();
    await write(people(2));
    await shows('Syncs', { source: 'staff' });
    const { annotations } = await fires('IsletSyncRefused', { source: 'staff' });
    expect(annotations['action']).toContain('islet sync staff --dry-run');
    await fires('IsletDirectoryNotRead', { source: 'staff' });
    expect(await readAt()).toBeLessThan(refused - 1_000);
    expect((await islet.command('sync', 'staff', '--dry-run')).stdout).toContain('2 entries instead of 21');
  });

  it('answer: are mails delivered?', async () => {
    client.useToken(await signIn('bob'));
    const session = { client_secret: 'secret', email: 'bob@example.net', send_attempt: 1 };
    const path = '/v2/validate/email/requestToken';
    const { body } = await client.post(path, session);
    const token = /token=(\w+)/.exec(mails.mails[0]?.mail.text ?? '')?.[1];
    const proof = { sid: body['sid'], client_secret: 'secret', token };
    expect((await client.post('/v2/validate/email/submitToken', proof)).body).toEqual({ success: true });
    await shows('Mails, per hour', { kind: 'validation', outcome: 'accepted' });
    await shows('Addresses validated, per hour', { medium: 'email' });

    await mails.close();
    expect((await client.post(path, { ...session, send_attempt: 2 })).status).toBe(400);
    await shows('Mails, per hour', { kind: 'validation', outcome: 'failed' });
    await fires('IsletMessagesFail');
    expect((await islet.command('mail', 'test', 'bob@example.net')).code).toBe(1);
  });

  it('answer: who harvests addresses?', async () => {
    const token = await signIn('eve');
    const guess = (round: number) => Array.from({ length: 25 }, (_, i) => `guess${round}-${i}@example.org`);
    expect(await lookUp(token, guess(0))).toBe(200);
    for (let round = 1; round < 13; round++) expect(await lookUp(token, guess(round))).toBe(429);
    await shows('Addresses asked for, per minute', {});
    await shows('Limits reached, per minute', { limit: 'limits.lookup.addressesPerUser' });
    await fires('IsletLookupsLimited', { limit: 'limits.lookup.addressesPerUser' });
    const line = await islet.logged(/^.*"status":429.*$/m);
    expect(JSON.parse(line)).toMatchObject({
      event: 'request',
      limit: 'limits.lookup.addressesPerUser',
      subject: 'user',
      requester: '@eve:example.org',
    });
  });

  it('raise an alert when homeservers do not accept bindings', async () => {
    expect(await bind('x@example.net', '@x:away.example')).toBe(200);
    expect(await bind('y@example.net', '@y:refusing.example')).toBe(200);
    await fires('IsletJobsGivenUp', { kind: 'onbind' });
    await fires('IsletJobsWait', { kind: 'onbind' });
  });

  it('have data for each query of the dashboard', async () => {
    for (const { title } of dashboard.panels.filter(({ targets }) => targets)) {
      for (const query of queriesOf(title)) {
        const values = (await prometheus.query(query)).map(({ value }) => value);
        expect([title, query, values.some((value) => Number.isFinite(value))]).toEqual([title, query, true]);
      }
    }
  });

  it('raise an alert when the database is down, and when Islet is', async () => {
    await rm(join(islet.folder, 'data', 'islet.db'));
    await fires('IsletDatabaseUnavailable');
    for (let i = 0; i < 8; i++) await signIn('alice');
    await fires('IsletRequestsFail', { endpoint: '/_matrix/identity/v2/account/register' });
    await islet.stop('SIGKILL');
    expect((await fires('IsletDown')).annotations['action']).toContain('systemctl status islet');
  });
});
