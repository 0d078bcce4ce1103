import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import type { Page, PageName, PageVariables, Templates } from '../../adapters/messaging/templates.js';
import type { TermsDocument } from '../../adapters/terms/terms-directory.js';
import { DomainError } from '../../domain/shared/errors.js';
import type { ReadPreferences } from '../../domain/shared/message-preferences.js';
import { homeserverOf, type Mxid } from '../../domain/identifiers/mxid.js';
import type { Medium } from '../../domain/identifiers/threepid.js';
import type { Handler } from './endpoints.js';
import { statusOf } from './errors.js';
import { queryOf } from './request/query.js';
import { RequestError } from './request-error.js';

/** Renders pages for people who open a link. */
export type Pages = Pick<Templates, 'renderPage' | 'renderDocument' | 'brandFor'>;

/** Language and brand of messages that a request causes, for this user if known. */
export function preferencesOf(pages: Pages, req: IncomingMessage, user?: Mxid): ReadPreferences {
  const homeserver = user && homeserverOf(user);
  return { brand: pages.brandFor(brandOf(req), homeserver), acceptLanguage: req.headers['accept-language'] };
}

function brandOf(req: IncomingMessage): string | undefined {
  try {
    const { brand } = queryOf(req);
    return typeof brand === 'string' ? brand : undefined;
  } catch {
    return undefined; // a broken link should still show a page
  }
}

/** Sends a page. */
export function sendPage<Name extends PageName>(
  pages: Pages,
  name: Name,
  variables: PageVariables[Name],
  req: Request,
  res: Response,
): void {
  send(pages.renderPage(name, variables, preferencesOf(pages, req)), res);
}

/** Sends a document of the administrator. */
export function sendDocument(pages: Pages, document: TermsDocument, req: Request, res: Response): void {
  send(pages.renderDocument(document, preferencesOf(pages, req)), res);
}

function send({ html, language, contentSecurityPolicy }: Page, res: Response): void {
  res.set({ 'Content-Security-Policy': contentSecurityPolicy, 'Content-Language': language });
  res.type('html').send(html);
}

/** Shows refusals as a page. */
export const withErrorPage =
  (pages: Pages, medium: Medium, handle: Handler): Handler =>
  async (req, res) => {
    try {
      await handle(req, res);
    } catch (error) {
      if (!(error instanceof DomainError || error instanceof RequestError)) throw error;
      res.status(statusOf(error));
      sendPage(pages, error.code === 'session_expired' ? 'expired' : 'failed', { medium }, req, res);
    }
  };
