import type { Request } from 'express';
import { z } from 'zod';
import { SEARCH_MARK } from '../../../adapters/matrix/http-user-directory.js';
import { Deadline, within } from '../../../adapters/shared/deadline.js';
import type { PeopleFound, PeopleSearchService } from '../../../domain/people-search/people-search-service.js';
import type { SearchCallers } from '../../../domain/people-search/search-callers.js';
import { mergeResults, readResults } from '../../../domain/people-search/search-results.js';
import { DomainError } from '../../../domain/shared/errors.js';
import type { Telemetry } from '../../../ports/telemetry.js';
import type { UserDirectory, UserDirectoryAnswer } from '../../../ports/user-directory.js';
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
  readonly userDirectory: UserDirectory;
  readonly telemetry: Telemetry;
}

export interface UserDirectoryOptions {
  readonly order: 'homeserver' | 'rank';
  readonly timeLimitMs: number;
}

/**
 * Replaces the homeserver's own search, which is queried in parallel. If one of the two fails, the results of the
 * other are returned alone. Spec: Client-Server API, POST /user_directory/search.
 */
export function userDirectoryEndpoints(
  { peopleSearchService, searchCallers, userDirectory, telemetry }: UserDirectoryServices,
  { order, timeLimitMs }: UserDirectoryOptions,
  clientOf: ClientOf,
): Endpoints {
  return {
    '/user_directory/search': {
      async POST(req, res) {
        if (req.headers[SEARCH_MARK] !== undefined)
          throw new RequestError(
            'search_loop',
            'search.homeserver leads back here: it has to name the homeserver itself',
          );
        const accessToken = accessTokenOf(req);
        if (accessToken === undefined) throw new RequestError('access_token_missing', 'Missing access token');
        const { search_term: searchTerm, limit: asked } = read(SearchBody, jsonBody(req));
        const limit = asked ?? USUAL_LIMIT;
        const clientAddress = clientOf(req).address;
        const question = { accessToken, searchTerm, limit, clientAddress, ...agentOf(req) };

        const [theirs, ours] = await Promise.all([
          limited(userDirectory.search(question), noteHomeserverFailure),
          limited(ownPart(accessToken, clientAddress, searchTerm, limit), noteFailure),
        ]);
        if (theirs?.status === 401) searchCallers.forget(accessToken);
        const found = theirs?.status === 200 ? readResults(theirs.body) : undefined;
        if (theirs && !found && isFinal(theirs)) {
          res.status(theirs.status);
          if (theirs.retryAfter !== undefined) res.set('Retry-After', theirs.retryAfter);
          return sendJsonText(res, theirs.body);
        }
        if (theirs && !found) noteHomeserverFailure(theirs.status === 508 ? LOOP : undefined, theirs.status);
        if (!found && ours === 'refused') throw new DomainError('access_token_unknown');
        if (!found && !ours) throw new DomainError('homeserver_failed');
        const own: PeopleFound = typeof ours === 'object' ? ours : { people: [], isLimited: false };
        sendJson(res, mergeResults(found ?? { results: [], limited: false }, own, order, limit));
      },
    },
  };

  async function ownPart(
    accessToken: string,
    clientAddress: string,
    searchTerm: string,
    limit: number,
  ): Promise<PeopleFound | 'refused'> {
    const user = await searchCallers.find(accessToken);
    if (user === undefined) return 'refused';
    return peopleSearchService.search({ user, client: clientKey(clientAddress) }, searchTerm, limit);
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
    const message = 'search for people: Islet gave no results; those of the homeserver go out alone';
    telemetry.warn(message, { event: 'search_failed' }, cause);
  }

  function noteHomeserverFailure(cause: unknown, status?: number): void {
    const message = 'search for people: the homeserver gave no results; those of Islet go out alone';
    telemetry.warn(message, { event: 'search_homeserver_failed', status }, cause);
  }
}

/** The configured homeserver is another Islet, or this one. */
const LOOP = new Error('search.homeserver leads back to Islet: it has to name the homeserver itself, not its proxy');

/** Whether this error is for the client, and not a sign that the homeserver has no such search or is broken. */
const isFinal = ({ status, body }: UserDirectoryAnswer): boolean =>
  (status === 400 || status === 401 || status === 403 || status === 429) && body.trimStart().startsWith('{');

function agentOf({ headers }: Request) {
  return { userAgent: headers['user-agent'], acceptLanguage: headers['accept-language'] };
}
