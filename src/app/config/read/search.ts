import { readTls } from '../input/certificates.js';
import { omitUndefined } from '../objects.js';
import type { ConfigReader } from '../input/reader.js';
import type { Settings } from './settings.js';

/** The part of a source that the search needs. */
interface SearchableSource {
  readonly kind: string;
  readonly name: string;
  readonly mirror?: false | object;
  readonly homeserver?: string | undefined;
}

/** How people are searched by name; `undefined` if the search is not configured. */
export function readSearch({ search }: Settings, reading: ConfigReader, sources: readonly SearchableSource[]) {
  const { homeserver, caFile, showTo, sources: named, ...rest } = search;
  const { problems } = reading;
  if (homeserver === undefined) {
    const other = Object.keys(search).find((key) => reading.isGiven(['search', key.replace(/Ms$/, '')]));
    if (other !== undefined) problems.add(['search', 'homeserver'], 'is required where people are searched by name');
    return undefined;
  }
  const mirrored = sources.filter(({ kind, mirror = false }) => kind === 'ldap' && mirror !== false);
  for (const name of named) {
    if (mirrored.some((one) => one.name === name)) continue;
    problems.add(['search', 'sources'], `names ${name}, which is no LDAP directory with a mirror`);
  }
  const searched = mirrored.filter(({ name }) => named.length === 0 || named.includes(name));
  const servers = showTo.length > 0 ? showTo : searched.flatMap((one) => one.homeserver ?? []);
  if (searched.length === 0 && !problems.hasErrorAt(['search'])) {
    problems.add(['search', 'sources'], 'finds nobody: there is no LDAP directory with a mirror');
  } else if (servers.length === 0 && !problems.hasErrorAt(['search'])) {
    problems.add(['search', 'showTo'], 'is required where no searched source has a `homeserver`');
  }
  return {
    ...rest,
    homeserver: omitUndefined({ url: homeserver, ...readTls(reading, ['search'], { caFile }) }),
    sources: named.length > 0 ? named : searched.map(({ name }) => name),
    showTo: [...new Set(servers)],
  };
}
