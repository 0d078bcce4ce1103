import { type Mxid, parseMxid } from '../identifiers/mxid.js';

/** One person in a response. Spec: POST /user_directory/search; a homeserver may add fields. */
export interface SearchResult {
  readonly user_id: string;
  readonly [field: string]: unknown;
}

export interface SearchResults {
  readonly results: readonly SearchResult[];
  readonly limited: boolean;
}

/** The people found by Islet. */
interface OwnResults {
  readonly people: readonly {
    readonly mxid: Mxid;
    readonly name?: string;
    readonly avatarUrl?: string;
    readonly hasNoAccount?: true;
  }[];
  readonly isLimited: boolean;
}

/** Parses the results of a homeserver; `undefined` if the response does not have the form of the specification. */
export function readResults(body: string): SearchResults | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null || !('results' in answer) || !Array.isArray(answer.results))
    return undefined;
  const results = answer.results.filter(isResult);
  return { results, limited: 'limited' in answer && answer.limited === true };
}

const isResult = (value: unknown): value is SearchResult =>
  typeof value === 'object' &&
  value !== null &&
  'user_id' in value &&
  typeof value.user_id === 'string' &&
  parseMxid(value.user_id) !== undefined;

/**
 * Merges both results without duplicates. People found by the homeserver keep the homeserver's data. People without an
 * account come last.
 *
 * @param order whose results come first
 */
export function mergeResults(
  fromHomeserver: SearchResults,
  { people, isLimited }: OwnResults,
  order: 'homeserver' | 'rank',
  limit: number,
): SearchResults {
  const found = new Map(fromHomeserver.results.map((result) => [result.user_id, result]));
  const own = people.map(({ mxid, name, avatarUrl, hasNoAccount = false }) => ({
    result: found.get(mxid) ?? {
      user_id: mxid,
      ...(name !== undefined && { display_name: name }),
      ...(avatarUrl !== undefined && { avatar_url: avatarUrl }),
    },
    isLast: hasNoAccount && !found.has(mxid),
  }));
  const first = own.flatMap(({ result, isLast }) => (isLast ? [] : result));
  const last = own.flatMap(({ result, isLast }) => (isLast ? result : []));
  const merged = order === 'rank' ? [...first, ...fromHomeserver.results] : [...fromHomeserver.results, ...first];
  const all = [...new Map([...merged, ...last].map((result) => [result.user_id, result])).values()];
  return { results: all.slice(0, limit), limited: fromHomeserver.limited || isLimited || all.length > limit };
}
