import type { Request } from 'express';
import type { AdminService } from '../../../../domain/admin/admin-service.js';
import type { Endpoints } from '../../endpoints.js';
import { formBody } from './form-body.js';
import { queryOf } from '../../request/query.js';
import { OPERATOR_HEADER } from '../../request/cause.js';
import { RequestError } from '../../request-error.js';
import { requireSameOrigin } from './page-access.js';
import { isAdministratorName, type PageSessions } from './page-sessions.js';
import { protect, SIGN_IN_PATH, type Views } from './views.js';

/** Signing in with a one-time link, and signing out. */
export const signInEndpoints = (
  views: Views,
  sessions: PageSessions,
  adminService: Pick<AdminService, 'note'>,
): Endpoints => ({
  [SIGN_IN_PATH]: {
    GET(req, res) {
      protect(res);
      const link = textIn(queryOf(req)['link']);
      const found = sessions.peekLink(link);
      const problem = link === '' || found ? undefined : 'wrong';
      views.show('sign-in', { link: found ? link : '', name: found?.suggestedName ?? '', problem }, { req, res });
    },
    async POST(req, res) {
      protect(res);
      requireSameOrigin(req);
      const fields = await formBody(req, res);
      const [link, name] = [textIn(fields['link']), textIn(fields['name']).trim()];
      const show = (status: number, problem: string, usable = '') => {
        res.status(status);
        views.show('sign-in', { link: usable, name, problem }, { req, res });
      };
      if (!isAdministratorName(name)) return show(400, 'name', link);
      const session = sessions.signIn(link, name);
      if ('problem' in session) {
        const { problem } = session;
        return problem === 'wrong' ? show(403, problem) : show(429, problem, link);
      }
      await adminService.note({ action: 'operator_signed_in' }, views.access.causeOf(req, res, name));
      views.access.setCookie(req, res, session.id);
      res.redirect(303, '/');
    },
  },
  '/page/sign-out': {
    POST: views.form(async ({ req, res, visitor, cause }) => {
      views.access.endSession(req, res, visitor);
      await adminService.note({ action: 'operator_signed_out' }, cause);
      res.redirect(303, SIGN_IN_PATH);
    }),
  },
});

/** Makes one-time links for `islet admin open`. @param allow throws if the caller is not authorized */
export const signInLinkEndpoints = (sessions: PageSessions | undefined, allow: (req: Request) => void): Endpoints => ({
  '/sign-in-links': {
    POST(req, res) {
      allow(req);
      if (!sessions) throw new RequestError('endpoint_unknown', 'This server has no admin page');
      const name = req.headers[OPERATOR_HEADER];
      const suggested = typeof name === 'string' && isAdministratorName(name) ? name : undefined;
      const { link, endsAt } = sessions.openLink(suggested);
      res.json({ path: `${SIGN_IN_PATH}?link=${link}`, endsAt });
    },
  },
});

const textIn = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 200) : '');
