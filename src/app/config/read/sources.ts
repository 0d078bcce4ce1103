import { readSynapseSource, readSqlSource, readFileSource } from './sources/file-and-sql.js';
import { readLdap } from './sources/ldap.js';
import { readUse, nameFromFile } from './sources/module.js';
import type { KeyPath } from '../errors/problems.js';
import type { ConfigReader } from '../input/reader.js';
import { readRestSource } from './sources/rest.js';
import type { Settings } from './settings.js';
import { readUpstream } from './sources/upstream.js';

/** Who is asked, in order. Our own bindings are always among them, last unless placed elsewhere. */
export function readSources({ sources }: Settings, reading: ConfigReader) {
  const names = sources.map(nameOf);
  for (const [index, name] of names.entries()) {
    const first = names.findIndex((other) => other.toLowerCase() === name.toLowerCase());
    if (first === index) continue;
    const reason = name === 'bindings' ? 'bindings are in the list already' : `is called like sources[${first}]`;
    reading.problems.add(['sources', index], reason, 'each needs a name of its own');
  }
  const read = sources.map((source, index) => {
    if (source.kind === 'use') return readUse(source, ['sources', index], reading);
    const at: KeyPath = ['sources', index, source.kind];
    if (source.kind === 'ldap') return readLdap(source.ldap, at, reading);
    if (source.kind === 'upstream') return readUpstream(source.upstream, at, reading);
    if (source.kind === 'file') return readFileSource(source.file, at, reading);
    if (source.kind === 'sql') return readSqlSource(source.sql, at, reading);
    if (source.kind === 'synapse') return readSynapseSource(source.synapse, at, reading);
    if (source.kind === 'rest') return readRestSource(source.rest, at, reading);
    return bindings;
  });
  checkFollowed(sources, reading);
  return names.includes('bindings') ? read : [...read, bindings];
}

const bindings = { kind: 'bindings', name: 'bindings' } as const;

function nameOf(source: Settings['sources'][number]): string {
  switch (source.kind) {
    case 'ldap':
      return source.ldap.name;
    case 'upstream':
      return source.upstream.name;
    case 'file':
      return source.file.name;
    case 'sql':
      return source.sql.name;
    case 'synapse':
      return source.synapse.name;
    case 'rest':
      return source.rest.name;
    case 'use':
      return source.name ?? nameFromFile(source.use);
    case 'bindings':
      return 'bindings';
  }
}

function checkFollowed(sources: Settings['sources'], { problems }: ConfigReader): void {
  const followed = sources.flatMap((source, index) =>
    source.kind === 'upstream' && source.upstream.hashed ? [{ index, name: source.upstream.name }] : [],
  );
  const [first, ...others] = followed;
  for (const { index, name } of others) {
    problems.add(
      ['sources', index, 'upstream', 'hashed'],
      `is true for ${name} as for ${first?.name}: a client hashes under one pepper, and each of them has its own`,
      'leave one of them at false; it is then asked in clear',
    );
  }
}
