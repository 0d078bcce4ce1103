import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Templates } from '../../adapters/messaging/templates.js';
import { email } from '../../domain/identifiers/threepid.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import type { Config, SmsConfig } from '../config/config.js';
import { inUrl, outOfUrl } from '../../adapters/shared/hosts.js';
import { networkFailure } from '../../adapters/shared/network-errors.js';
import { verifiedTls } from '../../adapters/shared/tls-options.js';
import { openMail } from '../wiring/open-senders.js';
import { closeSources, openSources } from '../wiring/open-sources.js';
import { certificateFix } from './certificate-fix.js';
import { area, type CheckResult, type Check, messageWithCauses, timed } from './check-result.js';

const LIMIT_MS = 10_000;

/** Connects to the mail server and logs in; sends no mail. */
export const mailCheck =
  (config: Config): Check =>
  async () => {
    const { ok, skipped, failure } = area('mail');
    if (!config.mail) return [skipped('no mail server is configured: validation and invitations by mail do not work')];
    const sender = await openMail(config, new Templates({ ...config.templates, serverName: config.server.name }));
    const { host, port, tls, username } = config.mail;
    try {
      await sender?.verify();
      return [ok(`${host}:${port}, TLS ${tls}${username === undefined ? '' : `, logged in as ${username}`}`)];
    } catch (error) {
      const words = messageWithCauses(error);
      return [
        failure(words, certificateFix(words, 'mail.caFile') ?? '`islet mail test you@example.org` shows every step'),
      ];
    } finally {
      sender?.close();
    }
  };

/** Whether the hosts of the gateways can be reached; no message is sent. */
export const smsCheck =
  ({ sms }: Config): Check =>
  async () =>
    (
      await Promise.all((sms?.gateways ?? []).map((gateway) => timed(async () => [await gatewayCheck(gateway)])))
    ).flat();

async function gatewayCheck(gateway: SmsConfig['gateways'][number]): Promise<CheckResult> {
  const { ok, warning, failure } = area('text messages');
  if (gateway.kind === 'console') return warning('the console gateway prints messages and does not send them');
  const { host, port, isTls } = gateway.kind === 'smpp' ? { ...gateway, isTls: gateway.tls } : placeOf(gateway.url);
  const place = `${gateway.kind}: ${inUrl(host)}:${port}`;
  try {
    await reach(
      host,
      port,
      Math.min(LIMIT_MS, gateway.timeLimitMs),
      isTls ? verifiedTls(host, 'tls' in gateway ? gateway : {}) : undefined,
    );
    return ok(`${place} accepts ${isTls ? 'TLS' : 'unencrypted'} connections; nothing was sent`);
  } catch (error) {
    const words = networkFailure(error)?.reason ?? messageWithCauses(error);
    return failure(`${place}: ${words}`, certificateFix(words) ?? 'check the host name, the port and firewalls');
  }
}

function placeOf(url: string): { readonly host: string; readonly port: number; readonly isTls: boolean } {
  // The placeholders for number and text come after the host.
  const { hostname, port, protocol } = new URL(url.replaceAll(/\{\{\w+\}\}/g, 'x'));
  const isTls = protocol === 'https:';
  return { host: outOfUrl(hostname), port: Number(port) || (isTls ? 443 : 80), isTls };
}

/** Connects, and ends the connection after the handshake. @param tls without it, there is no TLS */
const reach = (host: string, port: number, timeout: number, tls: ReturnType<typeof verifiedTls> | undefined) =>
  new Promise<void>((resolve, reject) => {
    const socket = tls ? connectTls({ host, port, timeout, ...tls }) : connect({ host, port, timeout });
    const end = (error?: Error) => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    let answer = 'no answer';
    if (tls) socket.once('connect', () => (answer = 'no answer to the TLS handshake'));
    socket.once(tls ? 'secureConnect' : 'connect', () => end()).once('error', end);
    socket.once('timeout', () => end(new Error(`${answer} within ${timeout / 1000} s`)));
  });

type Source = Exclude<Config['sources'][number], { kind: 'bindings' }>;

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
        ok(`${source.summary} answers a lookup`),
        ...(isHashed ? [] : [warning(IN_CLEAR_ONLY, 'set up listing and a mirror, or `hashed: true` for an upstream')]),
      ];
    } catch (error) {
      const words = messageWithCauses(error);
      return [failure(words, certificateFix(words) ?? 'check the URL and the credentials of this source')];
    } finally {
      await closeSources(configuredSources);
    }
  };

/** Invitations still reach them, because their homeservers are notified. */
export const IN_CLEAR_ONLY = 'answers plain lookups only: current clients send hashes and do not find these people';
