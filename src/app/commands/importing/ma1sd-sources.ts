import { omitUndefined } from '../../config/objects.js';
import type { Given } from '../../config/docs/example.js';
import { ldapSource } from './ma1sd-ldap.js';
import { sqlSourceOf } from './ma1sd-sql.js';
import type { YamlTree } from './yaml-tree.js';
import { printableJson } from '../../../domain/shared/printable.js';

export interface TranslatedSources {
  readonly sources: readonly unknown[];
  readonly notes: readonly string[];
}

/** Stores a secret or a table in a file beside the configuration, and returns its name. */
export type StoreFile = (name: string, value: string | undefined) => string | undefined;

const BACKEND = '/_ma1sd/backend/api/v1/identity';

/** The identity stores of ma1sd, in its order, and the bindings last. */
export function sourcesOf(conf: YamlTree, domain: string | undefined, store: StoreFile): TranslatedSources {
  const notes: string[] = [];
  const sources: unknown[] = [];
  const ldap = (section: string, name: string) => {
    if (conf.flag(`${section}.enabled`) !== true) return;
    const made = ldapSource(conf.at(section), { name, domain }, (value) => store(`${name}-password`, value));
    sources.push({ ldap: made.ldap });
    notes.push(...made.notes);
  };
  ldap('ldap', 'directory');
  ldap('netiq', 'netiq');
  const people = conf.flag('memory.enabled') === true ? peopleOf(conf, domain) : [];
  if (people.length > 0) {
    const path = store('people.json', printableJson(people));
    sources.push({ file: { name: 'people', path } });
  }
  if (conf.flag('rest.enabled') === true) sources.push({ rest: restSource(conf.at('rest'), domain, notes) });
  if (conf.flag('sql.enabled') === true) {
    const sql = sqlSourceOf(conf.at('sql'), domain, (value) => store('sql-password', value), notes);
    if (sql) sources.push({ sql });
  }
  for (const section of ['exec', 'firebase', 'wordpress', 'synapseSql']) {
    const isOn = conf.flag(`${section}.enabled`) ?? (section === 'exec' && conf.keys(section).length > 0);
    if (isOn) notes.push(`sources: ${section} is left out, see above`);
  }
  sources.push('bindings', ...upstreams(conf, notes));
  return { sources: sources.length > 1 ? sources : [], notes };
}

function peopleOf(conf: YamlTree, domain: string | undefined): readonly Given[] {
  return conf.list('memory.identities').flatMap((identity) => {
    const username = identity.text('username');
    if (username === undefined) return [];
    const of = (medium: string) =>
      identity
        .list('threepids')
        .flatMap((entry) => (entry.text('medium') === medium ? (entry.text('address') ?? []) : []));
    const mxid = username.startsWith('@') ? username : `@${username}:${domain ?? ''}`;
    return [{ mxid, email: of('email'), msisdn: of('msisdn') }];
  });
}

function restSource(rest: YamlTree, domain: string | undefined, notes: string[]): Given {
  const host = rest.text('host');
  const path = (name: 'single' | 'bulk') => {
    const written = rest.text(`endpoints.identity.${name}`);
    if (written === undefined) {
      const isEmptied = rest.keys('endpoints.identity').includes(name);
      return isEmptied ? false : undefined;
    }
    if (!/^https?:\/\//.test(written)) return written === `${BACKEND}/${name}` ? undefined : written;
    if (host !== undefined && written.startsWith(host)) return written.slice(host.length);
    notes.push(`sources: the path ${name} of rest was on another host; write a path of url`);
    return undefined;
  };
  notes.push('sources: without `list`, people of rest are not found by hash (docs/setup/sources.md)');
  return omitUndefined({ name: 'rest', url: host, bulk: path('bulk'), single: path('single'), homeserver: domain });
}

function upstreams(conf: YamlTree, notes: string[]): readonly unknown[] {
  return conf.texts('forward.servers').flatMap((label) => {
    const [url] = conf.texts(`matrix.identity.servers.${label}`);
    const name = label
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]/g, '-')
      .slice(0, 40);
    if (url !== undefined && /^https?:\/\//.test(url)) {
      notes.push(`sources: ${label} is asked in clear by version 1; \`islet upstream login ${name}\` for version 2`);
      return [{ upstream: { name, url } }];
    }
    notes.push(
      `sources: the server ${label} of forward.servers is left out: it has no URL under matrix.identity.servers`,
    );
    return [];
  });
}
