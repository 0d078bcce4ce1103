import { readSynapseSource, readSqlSource, readFileSource } from './sources/file-and-sql.js';
import { readLdap } from './sources/ldap.js';
import { readUse } from './sources/module.js';
import type { KeyPath } from '../errors/problems.js';
import type { ConfigReader } from '../input/reader.js';
import { readRestSource } from './sources/rest.js';
import type { Settings } from './settings.js';
import { readUpstream } from './sources/upstream.js';

/** The sources of answers, in order. Islet's own bindings are always included, last unless placed elsewhere. */
export function readSources({ sources }: Settings, reading: ConfigReader) {
  const read = sources.map((source, index) => readSource(source, ['sources', index], reading));
  const names = read.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    const first = names.findIndex((other) => other.toLowerCase() === name.toLowerCase());
    if (first === index) continue;
    const reason = name === 'bindings' ? 'bindings are already in the list' : `has the same name as sources[${first}]`;
    reading.problems.add(['sources', index], reason, 'give each its own name');
  }
  checkFollowed(sources, reading);
  return names.includes('bindings') ? read : [...read, bindings];
}

const bindings = { kind: 'bindings', name: 'bindings' } as const;

type Written = Settings['sources'][number];
type Kind = Written['kind'];

/** What the reader of each kind returns, besides its options. */
interface ReadSource {
  readonly kind: Kind;
  readonly name: string;
  /** Whether it can list its people, for a mirror. */
  readonly isListed: boolean;
  /** Where its data is, for `islet check`. */
  readonly summary: string;
}

type Reader<K extends Kind> = (source: Extract<Written, { kind: K }>, at: KeyPath, reading: ConfigReader) => ReadSource;

/** The reader for each kind of source. A kind in the schema without a reader does not compile. */
const readers = {
  ldap: ({ ldap }, at, reading) => readLdap(ldap, [...at, 'ldap'], reading),
  upstream: ({ upstream }, at, reading) => readUpstream(upstream, [...at, 'upstream'], reading),
  file: ({ file }, at, reading) => readFileSource(file, [...at, 'file'], reading),
  sql: ({ sql }, at, reading) => readSqlSource(sql, [...at, 'sql'], reading),
  synapse: ({ synapse }, at, reading) => readSynapseSource(synapse, [...at, 'synapse'], reading),
  rest: ({ rest }, at, reading) => readRestSource(rest, [...at, 'rest'], reading),
  use: (source, at, reading) => readUse(source, at, reading),
  bindings: () => bindings,
} satisfies { readonly [K in Exclude<Kind, 'bindings'>]: Reader<K> } & { bindings: () => typeof bindings };

type Read = ReturnType<(typeof readers)[Kind]>;

/** The table assigns the matching reader to each kind; the compiler cannot follow this through a union. */
function readSource(source: Written, at: KeyPath, reading: ConfigReader): Read {
  const read = readers[source.kind] as (source: Written, at: KeyPath, reading: ConfigReader) => Read;
  return read(source, at, reading);
}

function checkFollowed(sources: Settings['sources'], { problems }: ConfigReader): void {
  const followed = sources.flatMap((source, index) =>
    source.kind === 'upstream' && source.upstream.hashed ? [{ index, name: source.upstream.name }] : [],
  );
  const [first, ...others] = followed;
  for (const { index, name } of others) {
    problems.add(
      ['sources', index, 'upstream', 'hashed'],
      `is true for ${name} and for ${first?.name}, but clients can use only one pepper`,
      'set one of them to false; it is then asked with plain addresses',
    );
  }
}
