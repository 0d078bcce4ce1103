import type { Config } from '../config/config.js';
import { databaseHost } from '../../adapters/shared/database-url.js';
import { inUrl } from '../../adapters/shared/hosts.js';

type Source = Config['sources'][number];

/** A short summary of a configuration, without secrets. */
export function summary(config: Config) {
  const { file, server, listen, admin, database, mail, sms } = config;
  return {
    file,
    server: `${server.name}, reached at ${server.publicUrl}`,
    listens: `${inUrl(listen.host)}:${listen.port}, for administrators ${inUrl(admin.host)}:${admin.port}`,
    database: database.kind === 'sqlite' ? `SQLite, ${database.file}` : `PostgreSQL at ${databaseHost(database.url)}`,
    sources: config.sources.map(sourceText),
    mail: mail ? `${inUrl(mail.host)}:${mail.port}, TLS ${mail.tls}` : 'not sent',
    texts: sms ? sms.gateways.map(({ kind }) => kind).join(', then ') : 'not sent',
  };
}

function sourceText(source: Source): string {
  if (source.kind === 'bindings') return 'bindings of this server';
  const hashes = isFoundByHash(source) ? '' : '; answers plain lookups only, not hashed ones';
  return `${source.name}: ${source.summary}${hashes}`;
}

/** Whether hashed lookups find the people of a source. For a module, this is known only at startup. */
const isFoundByHash = (source: Exclude<Source, { kind: 'bindings' }>): boolean =>
  source.kind === 'upstream' ? source.hashed : source.isListed && source.mirror !== false;
