import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { defaultFrom } from '../../../adapters/messaging/default-from.js';
import { readTls } from '../input/certificates.js';
import { isLoopback, outOfUrl } from '../../../adapters/shared/hosts.js';
import { omitUndefined } from '../objects.js';
import type { ConfigReader } from '../input/reader.js';
import { readSecret } from '../input/secrets.js';
import type { Settings } from './settings.js';

type Relay = Pick<Settings['mail'], 'host' | 'port' | 'tls' | 'username' | 'password'>;

/** How mail is sent; `undefined` if no mail is sent. */
export function readMail({ mail, server }: Settings, reading: ConfigReader) {
  const { problems } = reading;
  const relay = mail.smtpUrl === undefined ? mail : { ...mail, ...takeApart(mail, mail.smtpUrl, reading) };
  if (relay.host === undefined) {
    const given = Object.keys(mail).find((key) => reading.isGiven(['mail', key]));
    if (given !== undefined)
      problems.add(['mail', given], 'has no effect without a mail server', 'set mail.host or mail.smtpUrl');
    return undefined;
  }
  const { host, tls = 'opportunistic', username } = relay;
  const certificates = readTls(reading, ['mail'], mail);
  const password = readSecret(reading, ['mail', 'password'], {
    value: relay.password,
    file: mail.passwordFile,
    ...(mail.password === undefined && { within: ['mail', 'smtpUrl'] }),
  });
  const isVerified = tls === 'implicit' || tls === 'required';
  if (mail.caFile !== undefined && !isVerified) {
    problems.add(['mail', 'caFile'], `tls: ${tls} does not check certificates`, 'set mail.tls to required or implicit');
  }
  if (password && username === undefined) problems.add(['mail', 'username'], 'is required if there is a password');
  if (username !== undefined && !password) problems.add(['mail', 'password'], 'is required if there is a username');
  if (password && tls === 'none' && !isLoopback(host)) {
    problems.add(
      ['mail', 'tls'],
      'must not be none if there is a password: it would be sent without encryption',
      'write required or implicit',
    );
  }
  return omitUndefined({
    host,
    port: relay.port ?? { implicit: 465, required: 587, opportunistic: 25, none: 25 }[tls],
    tls,
    username,
    password,
    ...certificates,
    from: mail.from ?? defaultFrom(server.name),
    ehloName: introduction(mail.ehloName ?? nameOf(server.publicUrl)),
    timeLimitMs: mail.timeLimitMs,
  });
}

/** The parts of `smtps://user:password@host:port`. */
function takeApart(mail: Settings['mail'], smtpUrl: string, { problems }: ConfigReader): Relay {
  for (const key of ['host', 'port', 'username'] as const) {
    if (mail[key] !== undefined) problems.add(['mail', key], 'is already part of smtpUrl', 'leave one out');
  }
  const url = new URL(smtpUrl);
  const isImplicit = url.protocol === 'smtps:';
  if (mail.tls !== undefined && isImplicit !== (mail.tls === 'implicit')) {
    problems.add(['mail', 'tls'], `contradicts ${url.protocol}//`, isImplicit ? 'leave it out' : 'write smtps://');
  }
  if (url.password && mail.password !== undefined)
    problems.add(['mail', 'password'], 'is already part of smtpUrl', 'leave one out');
  return omitUndefined({
    host: outOfUrl(url.hostname),
    port: url.port ? Number(url.port) : undefined,
    tls: isImplicit ? ('implicit' as const) : mail.tls,
    username: url.username ? decodeURIComponent(url.username) : undefined,
    password: url.password ? decodeURIComponent(url.password) : mail.password,
  });
}

/** In EHLO, an address is written in brackets: RFC 5321, 4.1.3. */
const introduction = (host: string): string =>
  isIP(host) === 0 ? host : `[${isIP(host) === 6 ? 'IPv6:' : ''}${host}]`;

/** A host name that relays accept: many refuse addresses. */
function nameOf(publicUrl: string | undefined): string {
  const host = publicUrl === undefined ? '' : outOfUrl(new URL(publicUrl).hostname);
  return host.includes('.') && isIP(host) === 0 ? host : hostname();
}
