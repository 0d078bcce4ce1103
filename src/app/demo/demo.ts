import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogOptions, LogTelemetry } from '../../adapters/system/log-telemetry.js';
import { lookupHash } from '../../domain/identifiers/lookup-hash.js';
import { email } from '../../domain/identifiers/threepid.js';
import { printable } from '../../domain/shared/printable.js';
import type { TerminalStyle } from '../commands/terminal-style.js';
import { interpret, NOTHING } from '../config/config.js';
import { serve } from '../main.js';
import { freePorts } from './free-ports.js';
import { DEMO_BIND_DN, DEMO_BIND_PASSWORD, startDirectory } from './directory.js';
import { type CaughtMail, startMailCatcher } from './mail-catcher.js';
import { startHomeserver, startUpstream } from './stand-ins.js';
import { DEMO_BASE, DEMO_DIRECTORY, DEMO_HOMESERVER } from './people.js';

export interface DemoOptions {
  /** The lowest level that is logged. */
  readonly logLevel: LogOptions['level'];
  /** The port of Islet; the admin listener and the mail page use the next two. 0 for any free ports. */
  readonly port: number;
  readonly print: (text: string) => void;
  readonly style: TerminalStyle;
}

export interface Demo {
  /** Whether all four lookups had the expected result. */
  readonly isRight: boolean;
  close(): Promise<void>;
}

const UPSTREAM_ADDRESS = 'paula@partner.example';
const OWN_ADDRESS = 'alice.at.home@example.net';

/** A port that was free a moment ago may be in use by another program. */
const MOST_ATTEMPTS = 5;

/**
 * Starts the demo on one machine: a directory, an upstream, a homeserver, a mail server, and test users.
 *
 * @throws the error of the part that could not be started; the other parts are stopped again
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  for (let attempt = 1; ; attempt++) {
    const closing: (() => Promise<unknown>)[] = [];
    const close = async (): Promise<void> => {
      for (const end of closing.splice(0).toReversed()) await end();
    };
    try {
      return { isRight: await start(options, closing), close };
    } catch (error) {
      await close();
      const isTaken = (error as { readonly code?: unknown }).code === 'EADDRINUSE';
      if (!isTaken || options.port !== 0 || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** @param closing receives a close function for each part that was started */
async function start(
  { port: wanted, logLevel, print, style }: DemoOptions,
  closing: (() => Promise<unknown>)[],
): Promise<boolean> {
  const [port, adminPort, mailPort] = wanted === 0 ? await freePorts(3) : [wanted, wanted + 1, wanted + 2];
  const folder = await mkdtemp(join(tmpdir(), 'islet-demo-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const showMail = ({ to, subject, text }: CaughtMail) => {
    const lines = text
      .trim()
      .split('\n')
      .map((line) => `  | ${printable(line)}`);
    print(style.dim(`\n  mail to ${printable(to)}: ${printable(subject)}\n${lines.join('\n')}\n`));
  };
  const opened = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    closing.push(() => server.close());
    return server;
  };
  const mail = await opened(startMailCatcher(mailPort, showMail));
  const directory = await opened(startDirectory(DEMO_BASE, DEMO_DIRECTORY));
  const upstream = await opened(startUpstream({ [UPSTREAM_ADDRESS]: '@paula:partner.example' }));
  const homeserver = await opened(startHomeserver(DEMO_HOMESERVER));
  const telemetry = new LogTelemetry({ level: logLevel, format: 'pretty' });
  const data = {
    server: { name: 'id.island.example' },
    listen: { port },
    admin: { port: adminPort },
    dataDir: folder,
    sources: [
      {
        ldap: {
          name: 'islanders',
          urls: [directory.url],
          bindDn: DEMO_BIND_DN,
          bindPassword: DEMO_BIND_PASSWORD,
          preset: 'openldap',
          bases: [DEMO_BASE],
          homeserver: DEMO_HOMESERVER,
          phoneRegion: 'DE',
        },
      },
      { upstream: { name: 'partner', url: upstream.url } },
      'bindings',
    ],
    homeservers: { [DEMO_HOMESERVER]: { url: homeserver.url } },
    mail: { host: '127.0.0.1', port: mail.smtpPort, tls: 'none', from: 'Islet demo <noreply@island.example>' },
  };
  const { config } = interpret({ ...NOTHING, data }, undefined, {}, folder);
  closing.push(() => telemetry.close());
  const islet = await opened(serve(config, telemetry));
  await islet.services.directorySyncService.sync('islanders');

  print(style.bold('Islet is running, together with the services that it needs:'));
  print(`  identity server  ${islet.url}`);
  print(`  caught mail      ${mail.url}`);
  print(`  directory        ${directory.url}, ${DEMO_DIRECTORY.length} people below ${DEMO_BASE}`);
  print(`  data             ${folder}, removed when the demo stops`);

  const isRight = await showLookups(islet.url, (to) => mail.next(to), print, style);
  printNextSteps(islet.url, folder, adminPort, print, style);
  return isRight;
}

/** Four live lookups as a current client makes them: directory, upstream, own binding, no match. */
async function showLookups(
  url: string,
  nextMail: (to: string) => Promise<CaughtMail>,
  print: DemoOptions['print'],
  style: TerminalStyle,
): Promise<boolean> {
  const base = `${url}/_matrix/identity/v2`;
  const openIdToken = {
    matrix_server_name: DEMO_HOMESERVER,
    access_token: 'demo-token-alice',
    token_type: 'Bearer',
    expires_in: 3600,
  };
  const { token } = await call(`${base}/account/register`, openIdToken);
  const signedIn = { authorization: `Bearer ${String(token)}` };

  print(`\n${style.bold('Alice proves that she owns a private address')} (requestToken, a mail, submitToken, bind):`);
  const session = { client_secret: randomUUID(), email: OWN_ADDRESS, send_attempt: 1 };
  const { sid } = await call(`${base}/validate/email/requestToken`, session, signedIn);
  const code = /[?&]token=([0-9A-Za-z]+)/.exec((await nextMail(OWN_ADDRESS)).text)?.[1];
  const proof = { sid, client_secret: session.client_secret };
  await call(`${base}/validate/email/submitToken`, { ...proof, token: code }, signedIn);
  await call(`${base}/3pid/bind`, { ...proof, mxid: `@alice:${DEMO_HOMESERVER}` }, signedIn);

  const { lookup_pepper: pepper } = await call(`${base}/hash_details`, undefined, signedIn);
  const find = async (algorithm: 'sha256' | 'none', address: string): Promise<string | undefined> => {
    const entry = algorithm === 'none' ? `${address} email` : lookupHash(email(address), String(pepper));
    const { mappings } = await call(`${base}/lookup`, { algorithm, pepper, addresses: [entry] }, signedIn);
    return (mappings as Record<string, string>)[entry];
  };
  const expected = [
    ['in the directory, by hash', 'sha256', 'carla.cruz@island.example', `@carla:${DEMO_HOMESERVER}`],
    ['at the upstream, by plain address', 'none', UPSTREAM_ADDRESS, '@paula:partner.example'],
    ['a binding of this server, by hash', 'sha256', OWN_ADDRESS, `@alice:${DEMO_HOMESERVER}`],
    ['unknown address', 'sha256', 'stranger@island.example', undefined],
  ] as const;
  print(style.bold('Four lookups, as clients make them:'));
  let isRight = true;
  for (const [person, algorithm, address, mxid] of expected) {
    const found = await find(algorithm, address);
    const isFound = found === mxid;
    isRight &&= isFound;
    print(
      `  ${isFound ? style.good('✓') : style.bad('✗')} ${address.padEnd(28)} ${(found ?? '—').padEnd(26)} ${style.dim(person)}`,
    );
  }
  return isRight;
}

/** @param body absent for GET */
async function call(
  url: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status} ${String(answer['error'])}`);
  return answer;
}

function printNextSteps(
  url: string,
  dataDir: string,
  adminPort: number,
  print: DemoOptions['print'],
  style: TerminalStyle,
): void {
  const v1 = `${url}/_matrix/identity/api/v1`;
  print(`
${style.bold('Try next')} (API version 1; a phone number works like an email address):
  curl '${v1}/lookup?medium=email&address=alice@island.example'
  curl '${v1}/lookup?medium=msisdn&address=492215551235'
  curl '${v1}/validate/email/requestToken' -d 'email=you@example.net&client_secret=monkeys&send_attempt=1'
  curl '${v1}/validate/email/submitToken' -d 'sid=SID&client_secret=monkeys&token=TOKEN'   # both as just given
  curl '${v1}/3pid/bind' -d 'sid=SID&client_secret=monkeys&mxid=@you:${DEMO_HOMESERVER}'
  curl '${v1}/lookup?medium=email&address=you@example.net'
  ISLET_ADMIN_PORT=${adminPort} ISLET_DATA_DIR=${dataDir} npx islet lookup harbour@island.example`);
}
