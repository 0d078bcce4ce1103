import type { Request, Response } from 'express';
import { z } from 'zod';
import type { ValidationService } from '../../../domain/validation/validation-service.js';
import type { Medium } from '../../../domain/identifiers/threepid.js';
import type { ValidationSession } from '../../../domain/validation/validation-session.js';
import { jsonOrFormBody, read } from '../request/body.js';
import type { ApiVersion } from '../request/api-version.js';
import type { Endpoints, Handler } from '../endpoints.js';
import { opaqueId, shortText } from '../request/fields.js';
import { type Pages, preferencesOf, withErrorPage, sendPage } from '../pages.js';
import { queryOf } from '../request/query.js';

const Proof = z.object({ sid: opaqueId, client_secret: opaqueId, token: shortText });

/** Identifies the form of the confirmation page, which sends no access token. */
const FROM_PAGE = 'confirm';

export interface SubmitOptions {
  readonly pages: Pages;
  /** Whether a link validates only after a button is pressed: mail scanners open links, too. */
  readonly confirmPage: boolean;
}

/** Spec: "Establishing associations", the submitToken endpoints: POST for clients, GET for browsers. */
export function submitTokenEndpoints(
  validationService: ValidationService,
  apiVersion: ApiVersion,
  { pages, confirmPage }: SubmitOptions,
): Endpoints {
  const submit: Handler = async (req, res) => {
    await apiVersion.authenticate(req);
    const { sid, client_secret, token } = read(Proof, apiVersion.body(req));
    await validationService.submitToken(sid, client_secret, token);
    res.json({ success: true });
  };

  const ask = async (proof: z.output<typeof Proof>, req: Request, res: Response) => {
    const { threepid, nextLink } = await validationService.live(proof.sid, proof.client_secret);
    const { brand } = preferencesOf(pages, req);
    const action = `?${new URLSearchParams({ [FROM_PAGE]: 'yes', ...(brand !== undefined && { brand }) }).toString()}`;
    const { medium } = threepid;
    const address = medium === 'msisdn' ? `+${threepid.address}` : threepid.address;
    sendPage(
      pages,
      'confirm',
      { medium, address, action, fields: proof, nextLink: nextLink ?? '', nextHost: hostOf(nextLink) },
      req,
      res,
    );
  };

  const validate = async (proof: z.output<typeof Proof>, req: Request, res: Response) => {
    const session = await validationService.submitToken(proof.sid, proof.client_secret, proof.token);
    const { medium } = session.threepid;
    if (session.nextLink === undefined) sendPage(pages, 'validated', { medium, nextLink: '' }, req, res);
    else res.redirect(303, withSid(session.nextLink, session));
  };

  const endpoint = (medium: Medium) => ({
    GET: withErrorPage(pages, medium, async (req, res) => {
      const proof = read(Proof, queryOf(req));
      // A HEAD request must not change anything.
      await (confirmPage || req.method === 'HEAD' ? ask : validate)(proof, req, res);
    }),
    POST: (req: Request, res: Response) =>
      (queryOf(req)[FROM_PAGE] === undefined ? submit : confirmed(medium))(req, res),
  });
  const confirmed = (medium: Medium) =>
    withErrorPage(pages, medium, (req, res) => validate(read(Proof, jsonOrFormBody(req)), req, res));

  return { '/validate/email/submitToken': endpoint('email'), '/validate/msisdn/submitToken': endpoint('msisdn') };
}

/** Appended at the very end, as in Sydent and Synapse: Element reads it from the fragment. */
const withSid = (nextLink: string, { sid }: ValidationSession): string =>
  `${nextLink}${nextLink.includes('?') ? '&' : '?'}sid=${sid}`;

/** The target host of a link, as shown on the page. */
const hostOf = (link: string | undefined): string => (link === undefined ? '' : new URL(link).host);
