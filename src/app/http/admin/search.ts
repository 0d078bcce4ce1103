import type { Request } from 'express';
import { z } from 'zod';
import type { PeopleSearchService } from '../../../domain/people-search/people-search-service.js';
import { read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import { mxid } from '../request/fields.js';
import { queryOf } from '../request/query.js';
import { RequestError } from '../request-error.js';

const SearchQuery = z.object({ query: z.string(), user: mxid });

/** The people that a search shows to a user, and why. @param allow throws if the caller is not authorized */
export const adminSearchEndpoints = (
  service: PeopleSearchService | undefined,
  allow: (req: Request) => void,
): Endpoints => ({
  '/search': {
    GET(req, res) {
      allow(req);
      const { query, user } = read(SearchQuery, queryOf(req));
      if (!service) throw new RequestError('endpoint_unknown', NOT_CONFIGURED);
      res.json(service.explain(user, query));
    },
  },
});

export const NOT_CONFIGURED = 'the search by name is off: `search.homeserver` is not set';
