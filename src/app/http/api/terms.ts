import { z } from 'zod';
import type { TermsDirectory } from '../../../adapters/terms/terms-directory.js';
import type { Policy } from '../../../domain/accounts/policy.js';
import type { TermsService } from '../../../domain/accounts/terms-service.js';
import type { SignedIn } from '../request/authentication.js';
import { jsonBody, read } from '../request/body.js';
import type { CauseOf } from '../request/cause.js';
import type { Endpoints } from '../endpoints.js';
import { type Pages, sendDocument } from '../pages.js';
import { areTexts } from '../request/fields.js';
import { RequestError } from '../request-error.js';

const AcceptedBody = z.object({ user_accepts: z.custom<readonly string[]>(areTexts, 'must be a list of texts') });

/** @param requireUser also admits users who have not accepted the terms yet. Spec: "Terms of service". */
export const termsEndpoints = (termsService: TermsService, requireUser: SignedIn, causeOf: CauseOf): Endpoints => ({
  '/terms': {
    GET: (_req, res) => void res.json({ policies: Object.fromEntries(termsService.policies.map(written)) }),
    async POST(req, res) {
      const user = await requireUser(req);
      const { user_accepts } = read(AcceptedBody, jsonBody(req));
      await termsService.accept(user, user_accepts, causeOf(req, res, user));
      res.json({});
    },
  },
});

/** The pages with the documents. */
export const termsPages = (documents: TermsDirectory['documents'], pages: Pages): Endpoints => ({
  '/:policy/:version/:language': {
    GET(req, res) {
      const document = documents.get(['policy', 'version', 'language'].map((name) => req.params[name]).join('/'));
      if (!document) throw new RequestError('endpoint_unknown', 'There is no such document');
      sendDocument(pages, document, req, res);
    },
  },
});

const written = ({ id, version, languages }: Policy) => [id, { ...languages, version }] as const;
