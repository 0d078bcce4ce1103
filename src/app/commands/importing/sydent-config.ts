import { parse as parseYaml } from 'yaml';
import type { Given } from '../../config/docs/example.js';
import { omitUndefined } from '../../config/objects.js';
import { omitEmpty } from './omit-empty.js';
import { parsePythonConfig, type PythonConfig } from './python-config.js';
import { forkSources } from './sydent-fork-config.js';
import { placeOf } from './sydent-places.js';
import { smsOf } from './sydent-sms-config.js';

/** The result of translating a `sydent.conf`. */
export interface TranslatedConfig {
  /** Options of Islet as written in its configuration file. */
  readonly given: Given;
  /** Contents of the password files that the options refer to, by file name. */
  readonly secretFiles: Readonly<Record<string, string>>;
  /** One line for the new place of each option that is set, and one for each point to check. */
  readonly notes: readonly string[];
}

/** Parses the file by the rules of Sydent. The fork ran on Python 2. */
export function parseSydentConf(text: string): PythonConfig {
  const raw = new Set(['email.invite.subject', 'email.invite.subject_space']);
  const conf = parsePythonConfig(text, { hasInlineComments: false, raw });
  const isFork = conf.sections.some((name) => name === 'ldap' || name === 'proxy');
  return isFork ? parsePythonConfig(text, { hasInlineComments: true, raw }) : conf;
}

/** The server name that Sydent signs with, and its signing key in the format of an Islet key file. */
export function identityOf(conf: PythonConfig): { readonly serverName: string; readonly keyFile: string | undefined } {
  return { serverName: conf.get('general', 'server.name') ?? '', keyFile: keyFileOf(conf) };
}

/**
 * The fields are the same as in an Islet key file. A key of another version is also served under version 0, as Sydent
 * did.
 */
function keyFileOf(conf: PythonConfig): string | undefined {
  const words = (conf.get('crypto', 'ed25519.signingkey') ?? '').split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const lines = words.length === 3 && words[1] !== '0' ? [words, [words[0], '0', words[2]]] : [words];
  return lines.map((line) => `${line.join(' ')}\n`).join('');
}

/**
 * @param readFile reads a file that the configuration refers to; `undefined` if it cannot be read
 * @param dataDir the data folder of Islet
 */
export function translateSydentConf(
  conf: PythonConfig,
  dataDir: string,
  readFile: (path: string) => string | undefined,
): TranslatedConfig {
  const notes: string[] = [];
  const get = (section: string, key: string) => conf.get(section, key) || undefined;
  const secretFiles: Record<string, string> = {};
  const secret = (name: string, value: string | undefined) => {
    if (value === undefined) return undefined;
    secretFiles[name] = `${value}\n`;
    return name;
  };
  const { sources, notes: forkNotes } = forkSources(conf, (value) => secret('ldap-password', value));
  const { sms, notes: smsNotes } = smsOf(conf, (value) => secret('openmarket-password', value));
  const bind = get('http', 'clientapi.http.bind_address');
  const isBehindProxy = isTrue(get('http', 'obey_x_forwarded_for'));
  if (isBehindProxy) notes.push('listen.trustedProxies: name the address of your proxy if it is on another machine');
  const isV1Off = isFalse(get('general', 'enable_v1_access')) || isFalse(get('general', 'enable_v1_associations'));
  const from = get('email', 'email.from');
  const isFromFilled = from !== undefined && !from.includes('{hostname}');
  const given = omitEmpty({
    server: { name: get('general', 'server.name'), publicUrl: get('http', 'client_http_base')?.replace(/\/+$/, '') },
    listen: {
      host: bind,
      port: numberOf(get('http', 'clientapi.http.port')),
      trustedProxies: isBehindProxy ? ['127.0.0.1/32', '::1/128'] : undefined,
    },
    admin: {
      host:
        get('general', 'prometheus_addr') ??
        (get('http', 'internalapi.http.port') && get('http', 'internalapi.http.bind_address')),
      port: numberOf(get('general', 'prometheus_port') ?? get('http', 'internalapi.http.port')),
    },
    dataDir,
    pidFile: get('general', 'pidfile.path') === 'sydent.pid' ? undefined : get('general', 'pidfile.path'),
    sources,
    federation: {
      allow: listOf(get('general', 'ip.whitelist')),
      allowedServers: listOf(get('general', 'homeserver_allow_list'))?.map((name) => name.toLowerCase()),
    },
    v1: { allowFrom: isV1Off ? [] : undefined },
    lookup: { maxAddresses: unless(numberOf(get('general', 'address_lookup_limit')), 10_000) },
    mail: isFromFilled || get('email', 'email.smtphost') !== undefined ? mailOf(get, secret) : undefined,
    sms,
    invites: { webClient: unless(get('email', 'email.default_web_client_location'), 'https://app.element.io') },
    limits: limitsOf(get),
    terms: { policies: policiesOf(get('general', 'terms.path'), readFile, notes) },
    log: { file: get('general', 'log.path'), level: levelOf(get('general', 'log.level')) },
  });
  if (from?.includes('{hostname}')) notes.push('mail.from: Sydent never filled in {hostname}; write an address');
  notes.push('signing.keyFile: `islet import sydent` puts the key into signing.key in dataDir');
  if (isV1Off) notes.push('v1.allowFrom: [] is what enable_v1_access = false was');
  if (get('general', 'templates.path') !== undefined || get('email', 'email.template') !== undefined) {
    notes.push(
      'templates.directory: --templates translates them (docs/setup/from-sydent.md); Islet has its own in six languages',
    );
  }
  return { given, secretFiles, notes: [...places(conf), ...notes, ...forkNotes, ...smsNotes] };
}

/** One line for every option that the file sets. */
function places(conf: PythonConfig): readonly string[] {
  return [...conf.sections, 'DEFAULT'].flatMap((section) =>
    (section === 'DEFAULT' ? conf.defaults : conf.keysOf(section)).map((key) => {
      const place = placeOf(section, key);
      const words = place === undefined ? 'unknown to Sydent' : place === 'none' ? 'has no place here' : place;
      return `[${section}] ${key}: ${words}`;
    }),
  );
}

type Get = (section: string, key: string) => string | undefined;

function mailOf(get: Get, secret: (name: string, value: string | undefined) => string | undefined): Given {
  const mode = get('email', 'email.tlsmode')?.toUpperCase() ?? '0';
  const from = get('email', 'email.from');
  const username = get('email', 'email.smtpusername');
  return omitUndefined({
    from: from?.includes('{hostname}') ? undefined : from,
    host: get('email', 'email.smtphost') ?? 'localhost',
    port: numberOf(get('email', 'email.smtpport') ?? '25'),
    username,
    passwordFile: username === undefined ? undefined : secret('smtp-password', get('email', 'email.smtppassword')),
    ehloName: get('email', 'email.hostname'),
    tls: mode === 'SSL' || mode === 'TLS' ? 'implicit' : mode === 'STARTTLS' ? 'required' : 'none',
  });
}

/** Sydent uses leaky buckets. They become a limit of the same burst, per period in which that many leak. */
function limitsOf(get: Get): Given | undefined {
  const rate = (section: string, name: string, usualBurst: number, usualHz: number) => {
    const [burst, hz] = [
      numberOf(get(section, `${name}.burst`)),
      Number(get(section, `${name}.rate_hz`) ?? Number.NaN),
    ];
    const isUsual = (burst ?? usualBurst) === usualBurst && (Number.isNaN(hz) || Math.abs(hz - usualHz) < 1e-6);
    if (isUsual) return undefined;
    const [most, perSecond] = [burst ?? usualBurst, Number.isNaN(hz) ? usualHz : hz];
    return `${most}/${Math.max(1, Math.round(most / perSecond))}s`;
  };
  const sender = rate('email', 'email.ratelimit_sender', 5, 1 / 300);
  return {
    invites: { perSender: sender },
    mail: { perUser: sender },
    sms: {
      perNumber: rate('sms', 'msisdn.ratelimit', 5, 1 / 3600),
      perCountry: rate('sms', 'country.ratelimit', 50, 1 / 60),
    },
  };
}

function policiesOf(
  path: string | undefined,
  readFile: (path: string) => string | undefined,
  notes: string[],
): Given | undefined {
  if (path === undefined) return undefined;
  const text = readFile(path);
  if (text === undefined) {
    notes.push(`terms.policies: ${path} cannot be read; write what was in it`);
    return undefined;
  }
  const { docs } = parseYaml(text) as { docs?: Record<string, { version: unknown; langs: unknown }> };
  return Object.fromEntries(
    Object.entries(docs ?? {}).map(([name, { version, langs }]) => [
      name,
      { version: String(version), languages: langs },
    ]),
  );
}

const LEVELS: Readonly<Record<string, string>> = {
  CRITICAL: 'error',
  ERROR: 'error',
  WARNING: 'warn',
  WARN: 'warn',
  DEBUG: 'debug',
};
const levelOf = (text = 'INFO'): string | undefined => LEVELS[text.toUpperCase()];

const isTrue = (text = ''): boolean => /^(1|yes|true|on)$/i.test(text);
const isFalse = (text: string | undefined): boolean => text !== undefined && !/^true$/i.test(text);
const numberOf = (text: string | undefined): number | undefined =>
  /^\d+$/.test(text ?? '') ? Number(text) : undefined;
const unless = <T>(value: T | undefined, usual: T): T | undefined => (value === usual ? undefined : value);
const listOf = (text: string | undefined): readonly string[] | undefined =>
  text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
