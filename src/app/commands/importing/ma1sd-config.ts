import { ImportError } from '../../../adapters/knex/import/imported-data.js';
import type { Given } from '../../config/docs/example.js';
import { ma1sdPlaceOf } from './ma1sd-places.js';
import { mailOf, smsOf } from './ma1sd-messages.js';
import { type StoreFile, sourcesOf } from './ma1sd-sources.js';
import { jdbcPlace } from './ma1sd-sql.js';
import { omitEmpty } from './omit-empty.js';
import type { TranslatedConfig } from './sydent-config.js';
import { parseYamlTree, type YamlTree } from './yaml-tree.js';

/** @throws ImportError if it is no YAML */
export function parseMa1sdConf(text: string): YamlTree {
  try {
    return parseYamlTree(text);
  } catch (cause) {
    throw new ImportError(`the configuration of ma1sd cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** What an import of its data needs. */
export interface Ma1sdIdentity {
  /** The name in its signatures. */
  readonly serverName: string;
  /** Path of its key store. */
  readonly keys: string | undefined;
  /** Path or URL of its database. */
  readonly database: string | undefined;
  readonly password: string | undefined;
}

export function ma1sdIdentityOf(conf: YamlTree): Ma1sdIdentity {
  const isPostgres = conf.text('storage.backend') === 'postgresql';
  const provider = conf.at(`storage.provider.${isPostgres ? 'postgresql' : 'sqlite'}`);
  const [database, user] = [provider.text('database'), provider.text('username')];
  const url = isPostgres && database !== undefined ? jdbcPlace('postgres', database, () => undefined)?.url : database;
  const account = user === undefined ? '' : `${encodeURIComponent(user)}@`;
  return {
    serverName: conf.text('server.name') ?? conf.text('matrix.domain') ?? '',
    keys: conf.text('key.path'),
    database: isPostgres ? url?.replace('postgres://', `postgres://${account}`) : url,
    password: isPostgres ? provider.text('password') : undefined,
  };
}

/** @param dataDir the data folder of Islet */
export function translateMa1sdConf(conf: YamlTree, dataDir: string): TranslatedConfig {
  const notes: string[] = [];
  const secretFiles: Record<string, string> = {};
  const store: StoreFile = (name, value) => {
    if (value === undefined) return undefined;
    secretFiles[name] = `${value}\n`;
    return name;
  };
  const domain = conf.text('matrix.domain');
  const { serverName } = ma1sdIdentityOf(conf);
  const { sources, notes: sourceNotes } = sourcesOf(conf, domain, store);
  const homeservers = homeserversOf(conf, notes);
  const client = conf
    .list('dns.overwrite.homeserver.client')
    .find((entry) => entry.text('name') !== undefined && entry.text('value') !== undefined);
  const hasDirectory = sources.some((source) => Object.hasOwn(Object(source), 'ldap'));
  if (client && hasDirectory) {
    notes.push('search: people of the directory are found by name; docs/topics/search.md says what the proxy needs');
  }
  notes.push('listen.trustedProxies: name the address of your proxy if it is on another machine');
  const isV1Off = conf.flag('matrix.v1') === false;
  const expiration =
    conf.flag('invite.expiration.enabled') === false ? undefined : (conf.number('invite.expiration.after') ?? 10_080);
  const given = omitEmpty({
    server: {
      name: serverName || undefined,
      publicUrl: publicUrlOf(conf, serverName),
    },
    listen: {
      host: conf.text('server.hostname'),
      port: conf.number('server.port'),
      trustedProxies: ['127.0.0.1/32', '::1/128'],
    },
    dataDir,
    sources,
    search: client && hasDirectory ? { homeserver: urlOf(client.text('value'), 'http') } : undefined,
    homeservers,
    federation: {
      allowedServers: conf.flag('accountConfig.allowOnlyTrustDomains') === false || !domain ? undefined : [domain],
    },
    v1: { allowFrom: isV1Off ? [] : undefined },
    mail: mailOf(conf, store, notes),
    sms: smsOf(conf, store, notes),
    invites: { lifetime: expiration === undefined ? undefined : `${Math.min(expiration, LONGEST_MINUTES)}m` },
    terms: { policies: policiesOf(conf) },
    log: { level: levelOf(conf.text('logging.app') ?? conf.text('logging.root')) },
  });
  if (expiration !== undefined) {
    notes.push('invites.lifetime: older invitations are forgotten; take it out to keep those that are imported');
  }
  return { given, secretFiles, notes: [...places(conf), ...notes, ...sourceNotes] };
}

const LONGEST_MINUTES = 366 * 24 * 60;

function publicUrlOf(conf: YamlTree, serverName: string): string | undefined {
  const written = conf.text('server.publicUrl')?.replaceAll('%SERVER_NAME%', serverName);
  if (written !== undefined) return urlOf(written, 'https')?.replace(/\/{1,100}$/, '');
  return serverName === '' ? undefined : `https://${serverName}`;
}

const urlOf = (value: string | undefined, scheme: string): string | undefined =>
  value === undefined || /^https?:\/\//.test(value) ? value : `${scheme}://${value}`;

function homeserversOf(conf: YamlTree, notes: string[]): Given | undefined {
  const clients = new Map(
    conf
      .list('dns.overwrite.homeserver.client')
      .map((entry) => [entry.text('name'), urlOf(entry.text('value'), 'http')]),
  );
  const found = conf.list('dns.overwrite.homeserver.federation').flatMap((entry): [string, unknown][] => {
    const [name, url] = [entry.text('name'), urlOf(entry.text('value'), 'https')];
    return name === undefined || url === undefined ? [] : [[name, { url, clientUrl: clients.get(name) }]];
  });
  if (found.length > 0) notes.push('homeservers: certificates are checked; name an authority of your own in caFile');
  return Object.fromEntries(found);
}

function policiesOf(conf: YamlTree): Given {
  return Object.fromEntries(
    conf.keys('policy.policies').map((name) => {
      const policy = conf.at(`policy.policies.${name}`);
      const languages = policy.keys('terms').map((language) => {
        const term = policy.at(`terms.${language}`);
        return [language, { name: term.text('name'), url: term.text('url') }];
      });
      return [name, { version: policy.text('version') ?? '1', languages: Object.fromEntries(languages) }];
    }),
  );
}

const levelOf = (level: string | undefined): string | undefined =>
  ({ trace: 'debug', debug: 'debug', warn: 'warn', error: 'error' })[level?.toLowerCase() ?? ''];

/** One line for each option that the file sets. */
const places = (conf: YamlTree): readonly string[] =>
  conf.paths().map((path) => {
    const found = ma1sdPlaceOf(path);
    if (!found) return `${path}: unknown to ma1sd, which passed over it`;
    const { place, instead } = found;
    if (place === 'none') return `${path}: has no place here; ${instead}`;
    return `${path}: ${place}${instead === undefined ? '' : ` (${instead})`}`;
  });
