import { connect } from 'node:net';
import { Templates } from '../../adapters/messaging/templates.js';
import { email } from '../../domain/identifiers/threepid.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import type { Config, SmsConfig } from '../config/config.js';
import { outOfUrl } from '../../adapters/shared/hosts.js';
import { openMail } from '../wiring/open-senders.js';
import { closeSources, openSources } from '../wiring/open-sources.js';
import { area, type CheckResult, type Check, messageOf } from './check-result.js';

const LIMIT_MS = 10_000;

/** Connects to the mail server and logs in; sends no mail. */
export const mailCheck =
  (config: Config): Check =>
  async () => {
    const { ok, skipped, failure } = area('mail');
    if (!config.mail) return [skipped('no mail server is configured: validation and invitations by mail do not work')];
    const sender = openMail(config, new Templates({ ...config.templates, serverName: config.server.name }));
    const { host, port, tls, username } = config.mail;
    try {
      await sender?.verify();
      return [ok(`${host}:${port}, TLS ${tls}${username === undefined ? '' : `, logged in as ${username}`}`)];
    } catch (error) {
      return [failure(messageOf(error), '`islet mail test you@example.org` shows every step')];
    } finally {
      sender?.close();
    }
  };

/** Whether the hosts of the gateways can be reached; no message is sent. */
export const smsCheck =
  ({ sms }: Config): Check =>
  async () =>
    Promise.all((sms?.gateways ?? []).map((gateway) => gatewayCheck(gateway)));

async function gatewayCheck(gateway: SmsConfig['gateways'][number]): Promise<CheckResult> {
  const { ok, warning, failure } = area('text messages');
  if (gateway.kind === 'console') return warning('the console gateway prints messages and does not send them');
  const { host, port } = gateway.kind === 'smpp' ? gateway : placeOf(gateway.url);
  try {
    await reach(host, port);
    return ok(`${gateway.kind}: ${host}:${port} accepts connections; nothing was sent`);
  } catch (error) {
    return failure(`${gateway.kind}: ${host}:${port}: ${messageOf(error)}`, 'check firewalls');
  }
}

function placeOf(url: string): { readonly host: string; readonly port: number } {
  // The placeholders for number and text come after the host.
  const { hostname, port, protocol } = new URL(url.replaceAll(/\{\{\w+\}\}/g, 'x'));
  return { host: outOfUrl(hostname), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

const reach = (host: string, port: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, timeout: LIMIT_MS });
    const end = (error?: Error) => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.once('connect', () => end()).once('error', end);
    socket.once('timeout', () => end(new Error(`no answer within ${LIMIT_MS / 1000} s`)));
  });

type Source = Config['sources'][number];

/** Opens a source and looks up a person who does not exist. */
export const sourceCheck =
  (source: Source, config: Config, http: HttpClient, telemetry: Telemetry): Check =>
  async () => {
    const { ok, warning, failure } = area(`source ${source.name}`);
    const configuredSources = await openSources({ ...config, sources: [source] }, http, telemetry);
    try {
      for (const configured of configuredSources) {
        if (configured === BINDINGS) continue;
        const found = await configured.source.find([email('islet-doctor@example.invalid')]);
        if (found.length > 0)
          return [warning('returns a user for an address that does not exist', 'check its query or mapping')];
      }
      const isHashed = configuredSources.every(
        (configured) => configured === BINDINGS || configured.mirror || configured.followed,
      );
      return [
        ok(`${placeOfSource(source)} answers a lookup`),
        ...(isHashed ? [] : [warning(IN_CLEAR_ONLY, 'set up listing and a mirror, or `hashed: true` for an upstream')]),
      ];
    } catch (error) {
      return [failure(messageOf(error), 'check the URL and the credentials of this source')];
    } finally {
      await closeSources(configuredSources);
    }
  };

/** Invitations still reach them, because their homeservers are notified. */
export const IN_CLEAR_ONLY = 'answers plain lookups only: current clients send hashes and do not find these people';

const placeOfSource = (source: Source): string =>
  'url' in source ? source.url : 'path' in source ? source.path : source.kind;
