import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Sessions } from '../../domain/sessions.js';
import type { Medium } from '../../domain/threepid.js';
import type { ValidationSession } from '../../domain/validation-session.js';
import { looseBody, read } from './body.js';
import type { Dialect } from './dialect.js';
import type { Endpoints, Handler } from './endpoints.js';
import { opaqueId, shortText } from './fields.js';
import { type Pages, preferencesOf, refusingWithPages, sendPage } from './pages.js';
import { queryOf } from './query.js';

const Proof = z.object({ sid: opaqueId, client_secret: opaqueId, token: shortText });

/** Marks the form that our page sends, which carries no access token. */
const FROM_PAGE = 'confirm';

export interface SubmitOptions {
  readonly pages: Pages;
  /** Whether a link validates only after a press of a button: mail scanners follow links, too. */
  readonly confirmPage: boolean;
}

/** Spec: "Establishing associations", the submitToken endpoints: POST for programs, GET for people. */
export function submitTokenEndpoints(
  sessions: Sessions,
  dialect: Dialect,
  { pages, confirmPage }: SubmitOptions,
): Endpoints {
  const submit: Handler = async (req, res) => {
    await dialect.admit(req);
    const { sid, client_secret, token } = read(Proof, dialect.body(req));
    await sessions.submitToken(sid, client_secret, token);
    res.json({ success: true });
  };

  const ask = async (proof: z.output<typeof Proof>, req: Request, res: Response) => {
    const { threepid, nextLink } = await sessions.live(proof.sid, proof.client_secret);
    const { brand } = preferencesOf(pages, req);
    const action = `?${new URLSearchParams({ [FROM_PAGE]: 'yes', ...(brand !== undefined && { brand }) }).toString()}`;
    const { medium } = threepid;
    const address = medium === 'msisdn' ? `+${threepid.address}` : threepid.address;
    sendPage(pages, 'confirm', { medium, address, action, fields: proof, nextLink: nextLink ?? '' }, req, res);
  };

  const validate = async (proof: z.output<typeof Proof>, req: Request, res: Response) => {
    const session = await sessions.submitToken(proof.sid, proof.client_secret, proof.token);
    const { medium } = session.threepid;
    if (session.nextLink === undefined) sendPage(pages, 'validated', { medium, nextLink: '' }, req, res);
    else res.redirect(303, withSid(session.nextLink, session));
  };

  const endpoint = (medium: Medium) => ({
    GET: refusingWithPages(pages, medium, async (req, res) => {
      const proof = read(Proof, queryOf(req));
      // A HEAD changes nothing.
      await (confirmPage || req.method === 'HEAD' ? ask : validate)(proof, req, res);
    }),
    POST: (req: Request, res: Response) =>
      (queryOf(req)[FROM_PAGE] === undefined ? submit : confirmed(medium))(req, res),
  });
  const confirmed = (medium: Medium) =>
    refusingWithPages(pages, medium, (req, res) => validate(read(Proof, looseBody(req)), req, res));

  return { '/validate/email/submitToken': endpoint('email'), '/validate/msisdn/submitToken': endpoint('msisdn') };
}

/** Put at the very end, as Sydent and Synapse do: Element reads it out of a fragment. */
const withSid = (nextLink: string, { sid }: ValidationSession): string =>
  `${nextLink}${nextLink.includes('?') ? '&' : '?'}sid=${sid}`;
