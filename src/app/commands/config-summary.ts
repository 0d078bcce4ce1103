import type { Config } from '../config/config.js';
import { inUrl } from '../../adapters/shared/hosts.js';

type Source = Config['sources'][number];

/** A short summary of a configuration, without secrets. */
export function summary(config: Config) {
  const { file, server, listen, admin, database, mail, sms } = config;
  return {
    file,
    server: `${server.name}, reached at ${server.publicUrl}`,
    listens: `${inUrl(listen.host)}:${listen.port}, for administrators ${inUrl(admin.host)}:${admin.port}`,
    database: database.kind === 'sqlite' ? `SQLite, ${database.file}` : `PostgreSQL at ${hostOf(database.url)}`,
    sources: config.sources.map(sourceText),
    mail: mail ? `${inUrl(mail.host)}:${mail.port}, TLS ${mail.tls}` : 'not sent',
    texts: sms ? sms.gateways.map(({ kind }) => kind).join(', then ') : 'not sent',
  };
}

function sourceText(source: Source): string {
  const hashes = isFoundByHash(source) ? '' : '; answers plain lookups only, not hashed ones';
  return `${placeText(source)}${hashes}`;
}

/** Whether hashed lookups find the people of a source. For a module, this is known only at startup. */
export function isFoundByHash(source: Source): boolean {
  if (source.kind === 'bindings') return true;
  if (source.kind === 'upstream') return source.hashed;
  const isListed = source.kind !== 'sql' && source.kind !== 'rest' ? true : source.list !== undefined;
  return source.mirror !== false && isListed;
}

const placeText = (source: Source): string => (places[source.kind] as (source: Source) => string)(source);

/** Where each kind of source has its data, for display. */
const places: { readonly [K in Source['kind']]: (source: Extract<Source, { kind: K }>) => string } = {
  ldap: ({ name, urls, mirror }) =>
    `${name}: directory ${urls.join(', ')}, ${mirror ? `mirrored every ${seconds(mirror.everyMs)}` : 'not mirrored'}`,
  upstream: ({ name, url, hashed }) => `${name}: identity server ${url}${hashed ? ', its pepper is used' : ''}`,
  file: ({ name, path }) => `${name}: table ${path}`,
  sql: ({ name, place }) => `${name}: database ${'file' in place ? place.file : hostOf(place.url)}`,
  synapse: ({ name, homeserver }) => `${name}: users of the Synapse of ${homeserver}`,
  rest: ({ name, url }) => `${name}: service ${url}`,
  use: ({ name, file }) => `${name}: source of your own ${file}`,
  bindings: () => 'bindings of this server',
};

const seconds = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`);

function hostOf(url: string): string {
  const { host, searchParams } = new URL(url);
  return host || searchParams.get('host') || 'localhost';
}
