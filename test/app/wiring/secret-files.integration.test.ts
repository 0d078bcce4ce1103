import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { connect } from '../../../src/adapters/knex/database.js';
import { ClientPlaces } from '../../../src/adapters/matrix/client-discovery.js';
import { HttpAccountLookup } from '../../../src/adapters/matrix/http-account-lookup.js';
import { Templates } from '../../../src/adapters/messaging/templates.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { type Config, loadConfig } from '../../../src/app/config/config.js';
import { type Entry, optionCatalog } from '../../../src/app/config/docs/option-catalog.js';
import { databaseOptions } from '../../../src/app/wiring/open-app.js';
import { openHomeservers, OpenSecrets } from '../../../src/app/wiring/open-secrets.js';
import { openMail, openSms } from '../../../src/app/wiring/open-senders.js';
import { closeSources, openSources } from '../../../src/app/wiring/open-sources.js';
import { BINDINGS } from '../../../src/domain/associations/binding.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { entry } from '../../support/ldif.js';
import { freshDatabase, onServer, ROLE_WITH_CHANGING_PASSWORD } from '../../support/postgres-server.js';
import { sharedPostgres } from '../../support/services.js';
import { Slapd } from '../../support/slapd.js';
import { startMessageCentre } from '../../support/smpp.js';
import { startMailServer } from '../../support/smtp.js';
import { startStandIn } from '../../support/stand-in.js';

/** The words of the different servers for a refusal. */
const REFUSED = /40[13]|refused|refuses|authentication failed|access token/i;

/** The options that name a file which Islet reads once: changes take effect with a restart. */
const READ_AT_START = /(^|\.)(caFile|certFile|keyFile)$/;
/** Options that name a file which Islet writes. */
const WRITTEN = ['pidFile'];

const DN = 'cn=islet,dc=example,dc=org';
const alice = email('alice@example.org');
const sms = { number: '447700900123', originator: { kind: 'alpha', text: 'Matrix' }, text: 'x' } as const;
const http = new AxiosHttpClient(['127.0.0.0/8']);
const templates = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
const message = { kind: 'validation', token: '1', link: 'https://id.example.org/x', preferences: {} } as never;

let folder: string;
let close: (() => unknown)[];
let telemetry: RecordingTelemetry;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-secret-files-'));
  [close, telemetry] = [[], new RecordingTelemetry()];
  await write('old');
});
afterEach(async () => {
  for (const end of close.toReversed()) await end();
  await rm(folder, { recursive: true });
});

const write = (secret: string) => writeFile(join(folder, 'secret'), `${secret}\n`, { mode: 0o600 });

async function load(settings: Record<string, unknown>): Promise<Config> {
  const file = join(folder, 'islet.yaml');
  await writeFile(file, stringify({ server: { name: 'id.example.org' }, dataDir: folder, ...settings }), {
    mode: 0o600,
  });
  return loadConfig({ file, env: {} }).config;
}

/** A server that accepts only the word "new" in a request, wherever it is. */
async function webServer(answer: RequestListener) {
  const server = await startStandIn((request, response) => {
    const { authorization = '' } = request.headers;
    const basic = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    if (/\bnew\b/.test(`${authorization} ${basic} ${request.url}`)) return answer(request, response);
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"errcode":"M_UNAUTHORIZED"}');
  });
  close.push(() => server.close());
  return server;
}

/** How one option is tested: with a server that accepts the secret `new`. */
interface SecretUse {
  /** Uses the secret. Rejects if it is refused. */
  readonly use: () => Promise<unknown>;
  /** How often the server was queried. */
  readonly asked?: () => number;
}

async function gatewayTrial(gateway: Record<string, unknown>, secrets: OpenSecrets, asked?: () => number) {
  const opened = (await openSms(await load({ sms: { gateways: [gateway] } }), http, secrets))?.gateways[0];
  close.push(() => opened?.close?.());
  return { use: async () => opened?.send(sms), ...(asked && { asked }) };
}

async function sourceCheck(source: Record<string, unknown>, secrets: OpenSecrets, asked?: () => number) {
  const [opened] = await openSources(await load({ sources: [source] }), http, telemetry, secrets);
  if (!opened || opened === BINDINGS) throw new Error('no source');
  close.push(() => closeSources([opened]));
  return { use: async () => opened.source.find([alice]), ...(asked && { asked }) };
}

/** A database, and a role whose password is the given one. */
async function roleWith(password: string) {
  const server = await sharedPostgres();
  const made = await freshDatabase(server.url);
  await onServer(made.url, `create role ${ROLE_WITH_CHANGING_PASSWORD} superuser login password '${password}'`);
  close.push(async () => {
    await onServer(server.url, `drop role ${ROLE_WITH_CHANGING_PASSWORD}`);
    await made.drop();
  });
  const url = new URL(made.url);
  url.username = ROLE_WITH_CHANGING_PASSWORD;
  return url.href;
}

const secretFile = () => join(folder, 'secret');
const found = JSON.stringify({ lookup: [], mappings: {}, threepids: [] });
const json: RequestListener = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(found);

let slapd: Slapd;
beforeAll(async () => {
  const account = entry(DN, {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'islet',
    userPassword: 'new',
  });
  slapd = await Slapd.start({ ldif: account });
});
afterAll(() => slapd.stop());

const secretUses: Readonly<Record<string, (secrets: OpenSecrets) => Promise<SecretUse>>> = {
  'database.passwordFile': async (secrets) => {
    const config = await load({ database: { url: await roleWith('new'), passwordFile: secretFile() } });
    const db = connect(databaseOptions(config, secrets));
    close.push(() => db.destroy());
    return { use: async () => db.raw('select 1') };
  },
  'sources.ldap.bindPasswordFile': (secrets) =>
    sourceCheck(
      {
        ldap: {
          name: 'staff',
          urls: [slapd.url],
          bindDn: DN,
          bindPasswordFile: secretFile(),
          preset: 'openldap',
          bases: ['dc=example,dc=org'],
          homeserver: 'example.org',
          mirror: false,
        },
      },
      secrets,
    ),
  'sources.upstream.accessTokenFile': async (secrets) => {
    const server = await webServer((request, response) => {
      const details = JSON.stringify({ algorithms: ['none', 'sha256'], lookup_pepper: 'p' });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(request.url?.includes('hash_details') ? details : found);
    });
    const settings = { name: 'partner', url: server.url, accessTokenFile: secretFile() };
    return sourceCheck({ upstream: settings }, secrets, () => server.seen.length);
  },
  'sources.sql.passwordFile': async (secrets) => {
    const find = `select 'alice@example.org' as address, '@alice:example.org' as mxid where :medium = 'email' and 'alice@example.org' in (:addresses)`;
    return sourceCheck(
      { sql: { name: 'table', url: await roleWith('new'), passwordFile: secretFile(), find } },
      secrets,
    );
  },
  'sources.synapse.passwordFile': async (secrets) => {
    const url = await roleWith('new');
    await onServer(
      url.replace(`${ROLE_WITH_CHANGING_PASSWORD}@`, 'islet@'),
      'create table user_threepids (medium text, address text, user_id text)',
    );
    await onServer(
      url.replace(`${ROLE_WITH_CHANGING_PASSWORD}@`, 'islet@'),
      'create table users (name text, deactivated int, is_guest int)',
    );
    const settings = { name: 'accounts', url, passwordFile: secretFile(), homeserver: 'example.org' };
    return sourceCheck({ synapse: settings }, secrets);
  },
  'sources.rest.accessTokenFile': async (secrets) => {
    const server = await webServer(json);
    const settings = { name: 'crm', url: server.url, accessTokenFile: secretFile(), single: false };
    return sourceCheck({ rest: settings }, secrets, () => server.seen.length);
  },
  'homeservers.example.org.accessTokenFile': async (secrets) => {
    const server = await webServer((_request, response) => response.end('{"name":"@alice:example.org"}'));
    const homeserver = { url: server.url, clientUrl: server.url, accountApi: 'synapse', accessTokenFile: secretFile() };
    const access = openHomeservers(await load({ homeservers: { 'example.org': homeserver } }), secrets);
    const apis = new ClientPlaces(http, new FakeClock(), access);
    const lookup = new HttpAccountLookup({ http, apis, isAllowed: () => true, access });
    return { use: () => lookup.has('@alice:example.org' as never), asked: () => server.seen.length };
  },
  'mail.passwordFile': async (secrets) => {
    const server = await startMailServer({ login: { username: 'islet', password: 'new' } });
    close.push(() => server.close());
    const mail = { host: '127.0.0.1', port: server.port, tls: 'none', username: 'islet', passwordFile: secretFile() };
    const sender = await openMail(await load({ mail }), templates, secrets);
    close.push(() => sender?.close());
    return { use: async () => sender?.send(alice, message), asked: () => server.connectionCount() };
  },
  'sms.gateways.openmarket.passwordFile': async (secrets) => {
    const server = await webServer((_request, response) => response.writeHead(202).end());
    const openmarket = { url: server.url, username: 'islet', passwordFile: secretFile() };
    return gatewayTrial({ openmarket }, secrets, () => server.seen.length);
  },
  'sms.gateways.http.passwordFile': async (secrets) => {
    const server = await webServer(json);
    const url = `${server.url}/sendsms?password={{password}}&to={{number}}`;
    return gatewayTrial(
      { http: { url, method: 'GET', passwordFile: secretFile() } },
      secrets,
      () => server.seen.length,
    );
  },
  'sms.gateways.http.headers': async (secrets) => {
    const server = await webServer(json);
    const headers = { authorization: { file: secretFile() } };
    return gatewayTrial({ http: { url: server.url, headers, body: '{}' } }, secrets, () => server.seen.length);
  },
  'sms.gateways.smpp.passwordFile': async (secrets) => {
    const centre = await startMessageCentre('new');
    close.push(() => centre.close());
    const smpp = { host: '127.0.0.1', port: centre.port, systemId: 'islet', passwordFile: secretFile() };
    return gatewayTrial({ smpp }, secrets, () => centre.binds.length);
  },
};

/** The paths of all options that name a file, without the names of elements. */
const fileOptions = (entries: readonly Entry[], at: readonly string[] = []): readonly string[] =>
  entries.flatMap(({ key, example, children, choices }) => {
    const path = [...at, key];
    const isFile = key.endsWith('File') || JSON.stringify(example ?? '').includes('"file":');
    return [
      ...(isFile ? [path.join('.')] : []),
      ...fileOptions(children, path),
      ...choices.flatMap((choice) => fileOptions(choice.children, [...path, choice.name])),
    ];
  });

describe('the secrets in files', () => {
  it('are all tested: a new option must follow its file, or be listed with a reason', async () => {
    const options = fileOptions(optionCatalog()).filter((path) => !READ_AT_START.test(path) && !WRITTEN.includes(path));
    expect(options.toSorted()).toEqual(Object.keys(secretUses).toSorted());
    const page = await readFile(join(import.meta.dirname, '../../../docs/topics/security.md'), 'utf8');
    for (const path of options) expect(page).toContain(`| \`${path}\``);
  });

  describe.each(Object.entries(secretUses))('%s', (path, open) => {
    it('is read again when it is refused, and is not used twice if it is the same', async () => {
      const secrets = new OpenSecrets(telemetry);
      const { use, asked } = await open(secrets);
      await expect(use()).rejects.toThrow(REFUSED);
      expect(asked?.() ?? 1).toBe(1);
      await write('new');
      // A directory is queried again half a second later.
      await eventually(() =>
        use().then(
          () => true,
          () => false,
        ),
      );
    });

    it('is read again on SIGHUP, and keeps its value while its file cannot be read', async () => {
      await write('new');
      const secrets = new OpenSecrets(telemetry);
      const { use } = await open(secrets);
      await rm(secretFile());
      secrets.renewAll();
      await use();
      // The file of an upstream may be missing: `islet upstream login` writes it.
      const isReported = path !== 'sources.upstream.accessTokenFile';
      const reports = telemetry.events.filter(({ event }) => event === 'secret_unreadable');
      expect(reports).toHaveLength(isReported ? 1 : 0);
    });
  });
});
