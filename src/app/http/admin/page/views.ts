import type { Request, Response } from 'express';
import type { AdminViews } from '../../../../adapters/messaging/admin-views.js';
import { DomainError } from '../../../../domain/shared/errors.js';
import type { Cause } from '../../../../domain/shared/cause.js';
import type { Handler } from '../../endpoints.js';
import { statusOf } from '../../errors.js';
import { formBody } from './form-body.js';
import type { Parameters } from '../../request/query.js';
import { queryOf } from '../../request/query.js';
import { RequestError } from '../../request-error.js';
import { type PageAccess, requireOwnForm, type Visitor } from './page-access.js';

/** The views in the navigation, by path. */
const NAVIGATION = [
  ['overview', '/'],
  ['lookup', '/page/lookup'],
  ['mirrors', '/page/mirrors'],
  ['people', '/page/people'],
  ['try', '/page/try'],
] as const;

export const SIGN_IN_PATH = '/page/sign-in';

/** Values for a template; `section` is the view of the navigation that it belongs to, if its path does not say it. */
interface Variables {
  readonly section?: string;
  readonly [name: string]: unknown;
}

/** The arguments of a handler of the page. */
export interface Visit {
  readonly req: Request;
  readonly res: Response;
  readonly visitor: Visitor;
  /** For the audit trail. */
  readonly cause: Cause;
}

/**
 * The question for confirmation before a change. Its texts are `<question>`, `<question>_effect` and
 * `<question>_button`.
 */
export interface Question {
  readonly question: string;
  /** What it is about; the names are keys of texts. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  /** The target of the form with `fields` if the change is confirmed. */
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  /** The page to return to if it is not. */
  readonly back: string;
}

/** Shows views to signed-in administrators, and takes the forms of these views. */
export class Views {
  constructor(
    private readonly templates: AdminViews,
    readonly access: PageAccess,
  ) {}

  /** A page for administrators. Others are sent to the sign-in. */
  page(show: (visit: Visit) => void | Promise<void>): Handler {
    return async (req, res) => {
      protect(res);
      const visitor = this.access.visitorOf(req, res);
      if (!visitor) return res.redirect(303, SIGN_IN_PATH);
      const cause = this.access.causeOf(req, res, visitor.administrator);
      await this.orProblem({ req, res, visitor, cause }, () => show({ req, res, visitor, cause }));
    };
  }

  /** A form of a page for administrators. @param change gets its fields; it must answer, usually with `redirect` */
  form(change: (visit: Visit, fields: Parameters) => void | Promise<void>): Handler {
    return this.page(async (visit) => {
      const fields = await formBody(visit.req, visit.res);
      requireOwnForm(visit.req, fields, visit.visitor.formToken);
      await change(visit, fields);
    });
  }

  /** Sends a view. @param variables for its template */
  show(
    view: string,
    { section, ...variables }: Variables,
    { req, res, visitor }: Pick<Visit, 'req' | 'res'> & { visitor?: Visitor },
  ): void {
    const path = req.path;
    const navigation = NAVIGATION.map(([name, at]) => {
      const isCurrent = name === section || (at === '/' ? path === '/' : path === at || path.startsWith(`${at}/`));
      return { name, path: at, isCurrent };
    });
    const preferences = { brand: undefined, acceptLanguage: req.get('Accept-Language') };
    const notice = noticeIn(req);
    const { html, language, contentSecurityPolicy } = this.templates.render(
      view,
      { visitor, navigation, notice, ...variables },
      preferences,
    );
    res.set({ 'Content-Security-Policy': contentSecurityPolicy, 'Content-Language': language });
    res.type('html').send(html);
  }

  /** Asks for confirmation. @returns whether it was given; if not, the question is shown */
  isConfirmed(fields: Parameters, visit: Visit, question: Question): boolean {
    if (fields['confirmed'] === 'yes') return true;
    this.show('confirm', { ...question }, visit);
    return false;
  }

  script(): string {
    return this.templates.script();
  }

  /** Shows refusals as a page. */
  private async orProblem(visit: Visit, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DomainError || error instanceof RequestError)) throw error;
      visit.res.status(statusOf(error));
      const section = NAVIGATION.find(([, at]) => at !== '/' && visit.req.path.startsWith(at));
      this.show('problem', { message: error.message, back: section?.[1] ?? '/' }, visit);
    }
  }
}

/** Headers of every answer of the page. With another referrer policy, browsers would not name this page as the origin of a form. */
export function protect(res: Response): void {
  res.set({
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
}

/** The notices that the redirect after a form can show. */
const NOTICES = ['unbound', 'not_found', 'revoked', 'tokens_ended', 'delivery'] as const;

/** Where to go after a change, with a sentence that says what was done. */
export function goTo(res: Response, path: string, done?: (typeof NOTICES)[number]): void {
  const mark = path.includes('?') ? '&' : '?';
  res.redirect(303, done === undefined ? path : `${path}${mark}done=${done}`);
}

function noticeIn(req: Request): string | undefined {
  try {
    const { done } = queryOf(req);
    return NOTICES.find((notice) => notice === done);
  } catch {
    return undefined;
  }
}
