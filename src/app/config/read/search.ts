import { readTls } from '../input/certificates.js';
import { omitUndefined } from '../objects.js';
import type { ConfigReader } from '../input/reader.js';
import type { Settings } from './settings.js';

/** The part of a source that the search needs. */
interface SearchableSource {
  readonly kind: string;
  readonly name: string;
  readonly mirror?: false | object;
  readonly isListed?: boolean;
  readonly homeserver?: string | undefined;
  readonly withoutAccountName?: string | undefined;
}

/** How people are searched by name; `undefined` if the search is not configured. */
export function readSearch({ search }: Settings, reading: ConfigReader, sources: readonly SearchableSource[]) {
  const { homeserver, caFile, showTo, sources: named, ...rest } = search;
  const { problems } = reading;
  if (homeserver === undefined) {
    const other = Object.keys(search).find((key) => reading.isGiven(['search', key.replace(/Ms$/, '')]));
    if (other !== undefined) problems.add(['search', 'homeserver'], 'is required for the search by name');
    return undefined;
  }
  for (const name of named) {
    const source = sources.find((candidate) => candidate.name === name);
    const reason = source ? unsearchable(source) : 'is none of the sources';
    if (reason !== undefined) problems.add(['search', 'sources'], `names ${name}, which ${reason}`);
  }
  const searched = sources.filter((source) =>
    named.length === 0 ? source.kind === 'ldap' && !unsearchable(source) : named.includes(source.name),
  );
  const servers = showTo.length > 0 ? showTo : searched.flatMap((source) => source.homeserver ?? []);
  if (searched.length === 0 && !problems.hasErrorAt(['search'])) {
    problems.add(
      ['search', 'sources'],
      'finds nobody: there is no LDAP directory with a mirror, and no other source is named',
    );
  } else if (servers.length === 0 && !problems.hasErrorAt(['search'])) {
    problems.add(['search', 'showTo'], 'is required if no searched source has a `homeserver`');
  }
  return {
    ...rest,
    homeserver: omitUndefined({ url: homeserver, ...readTls(reading, ['search'], { caFile }) }),
    sources: named.length > 0 ? named : searched.map(({ name }) => name),
    showTo: [...new Set(servers)],
    withoutAccountNames: Object.fromEntries(
      searched.flatMap(({ name, withoutAccountName }) => (withoutAccountName ? [[name, withoutAccountName]] : [])),
    ),
  };
}

/** Why the people of a source cannot be found by name; `undefined` if they can. */
function unsearchable({ kind, mirror = false, isListed }: SearchableSource): string | undefined {
  if (kind === 'upstream') return 'is an identity server: it returns no names';
  if (kind === 'synapse') return 'contains only addresses: the homeserver finds its own users by the names they chose';
  if (mirror === false) return 'has no mirror: names are searched in the local copy';
  if (!isListed) return 'has no `list`: it must list everybody';
  return undefined;
}
