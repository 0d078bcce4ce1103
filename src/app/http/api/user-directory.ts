import { z } from 'zod';
import { SEARCH_MARK } from '../../../adapters/matrix/http-user-directory.js';
import { Deadline, within } from '../../../adapters/shared/deadline.js';
import type { PeopleFound, PeopleSearchService } from '../../../domain/people-search/people-search-service.js';
import type { SearchCallers } from '../../../domain/people-search/search-callers.js';
import { mergeResults, readResults, type SearchResults } from '../../../domain/people-search/search-results.js';
import type { UserProfiles } from '../../../domain/people-search/user-profiles.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import { DomainError } from '../../../domain/shared/errors.js';
import type { Telemetry } from '../../../ports/telemetry.js';
import type { UserDirectory, UserDirectoryAnswer, UserDirectoryCaller } from '../../../ports/user-directory.js';
import { accessTokenOf } from '../request/authentication.js';
import { jsonBody, read } from '../request/body.js';
import { type ClientOf, clientKey } from '../request/client-address.js';
import type { Endpoints } from '../endpoints.js';
import { RequestError } from '../request-error.js';
import { sendJson, sendJsonText } from '../send-json.js';

/** The default limit of the specification. */
const USUAL_LIMIT = 10;

const SearchBody = z.object({
  search_term: z.string(),
  limit: z.number().int('must be a whole number').min(0, 'must not be negative').nullish(),
});

export interface UserDirectoryServices {
  readonly peopleSearchService: PeopleSearchService;
  readonly searchCallers: SearchCallers;
  readonly userProfiles: UserProfiles;
  readonly userDirectory: UserDirectory;
  readonly telemetry: Telemetry;
}

export interface UserDirectoryOptions {
  readonly order: 'homeserver' | 'rank';
  readonly timeLimitMs: number;
  /** Whether people whom only Islet finds are shown with the names and avatars of their profiles. */
  readonly profiles: boolean;
}

/**
 * Replaces the homeserver's own search, which is queried in parallel. If one of the two fails, the results of the
 * other are returned alone. Spec: Client-Server API, POST /user_directory/search.
 */
export function userDirectoryEndpoints(
  { peopleSearchService, searchCallers, userProfiles, userDirectory, telemetry }: UserDirectoryServices,
  { order, timeLimitMs, profiles }: UserDirectoryOptions,
  clientOf: ClientOf,
): Endpoints {
  return {
    '/user_directory/search': {
      async POST(req, res) {
        if (req.headers[SEARCH_MARK] !== undefined)
          throw new RequestError(
            'search_loop',
            'search.homeserver leads back to Islet: it must be the URL of the homeserver itself',
          );
        const accessToken = accessTokenOf(req);
        if (accessToken === undefined) throw new RequestError('access_token_missing', 'Missing access token');
        const { search_term: searchTerm, limit: asked } = read(SearchBody, jsonBody(req));
        const limit = asked ?? USUAL_LIMIT;
        const clientAddress = clientOf(req).address;
        const caller = { accessToken, clientAddress, userAgent: req.headers['user-agent'] };
        const question = { ...caller, searchTerm, limit, acceptLanguage: req.headers['accept-language'] };

        const [fromHomeserver, fromIslet] = await Promise.all([
          limited(userDirectory.search(question), noteHomeserverFailure),
          limited(ownPart(caller, searchTerm, limit), noteFailure),
        ]);
        if (fromHomeserver?.status === 401) searchCallers.forget(accessToken);
        const found = fromHomeserver?.status === 200 ? readResults(fromHomeserver.body) : undefined;
        if (fromHomeserver && !found && isFinal(fromHomeserver)) {
          res.status(fromHomeserver.status);
          if (fromHomeserver.retryAfter !== undefined) res.set('Retry-After', fromHomeserver.retryAfter);
          return sendJsonText(res, fromHomeserver.body);
        }
        if (fromHomeserver && !found)
          noteHomeserverFailure(fromHomeserver.status === 508 ? LOOP : undefined, fromHomeserver.status);
        if (!found && fromIslet === 'refused') throw new DomainError('access_token_unknown');
        if (!found && !fromIslet) throw new DomainError('homeserver_failed');
        const known = found ?? { results: [], limited: false };
        const own =
          typeof fromIslet === 'object' ? await completed(fromIslet, caller, known) : { people: [], isLimited: false };
        sendJson(res, mergeResults(known, own, order, limit));
      },
    },
  };

  async function ownPart(caller: UserDirectoryCaller, searchTerm: string, limit: number): Promise<OwnPart | 'refused'> {
    const user = await searchCallers.find(caller);
    if (user === undefined) return 'refused';
    const asker = { user, client: clientKey(caller.clientAddress) };
    return { user, ...(await peopleSearchService.search(asker, searchTerm, limit)) };
  }

  /** The people with the names and avatars of their profiles, for those whom the homeserver did not find. */
  async function completed({ user, ...own }: OwnPart, caller: UserDirectoryCaller, { results }: SearchResults) {
    if (!profiles) return own;
    const isFound = new Set(results.map(({ user_id }) => user_id));
    const others = own.people.filter(({ mxid, hasNoAccount }) => !hasNoAccount && !isFound.has(mxid));
    const shown = await userProfiles.find(
      user,
      caller,
      others.map(({ mxid }) => mxid),
    );
    return { ...own, people: own.people.map((person) => ({ ...person, ...shown.get(person.mxid) })) };
  }

  /** `undefined` if the search fails or takes too long: the other results are returned without it. */
  async function limited<T>(work: Promise<T>, note: (cause: unknown) => void): Promise<T | undefined> {
    try {
      return await within(new Deadline(timeLimitMs), work);
    } catch (cause) {
      note(cause);
      return undefined;
    }
  }

  function noteFailure(cause: unknown): void {
    const message = 'search for people: no results of Islet; only those of the homeserver are returned';
    telemetry.warn(message, { event: 'search_failed' }, cause);
  }

  function noteHomeserverFailure(cause: unknown, status?: number): void {
    const message = 'search for people: no results of the homeserver; only those of Islet are returned';
    telemetry.warn(message, { event: 'search_homeserver_failed', status }, cause);
  }
}

/** The configured homeserver is another Islet, or this one. */
const LOOP = new Error(
  'search.homeserver leads back to Islet: it must be the URL of the homeserver itself, not of its proxy',
);

/** Whether this error is for the client, and not a sign that the homeserver has no such search or is broken. */
const isFinal = ({ status, body }: UserDirectoryAnswer): boolean =>
  (status === 400 || status === 401 || status === 403 || status === 429) && body.trimStart().startsWith('{');

type OwnPart = PeopleFound & { readonly user: Mxid };
