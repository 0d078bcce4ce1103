import type { Request, Response } from 'express';
import { sameSecret } from '../../../../domain/validation/validation-session.js';
import type { Cause } from '../../../../domain/shared/cause.js';
import { clientOf } from '../../request/client-address.js';
import { inRanges } from '../../request/ip-ranges.js';
import type { Parameters } from '../../request/query.js';
import { requestIdOf } from '../../request-record.js';
import { RequestError } from '../../request-error.js';
import { isAdministratorName, type PageSession, type PageSessions } from './page-sessions.js';

/** How the page trusts a reverse proxy. */
export interface ProxyOptions {
  /** CIDR ranges. Empty: no proxy is trusted. */
  readonly trustedProxies: readonly string[];
  /** The header in which a trusted proxy names the administrator that it signed in. Absent: proxies sign nobody in. */
  readonly userHeader?: string | undefined;
}

/** The administrator who sent a request. */
export interface Visitor extends PageSession {
  readonly sessionId: string;
}

const COOKIE = 'islet_admin';
/** A browser may have cookies of this name from other paths and from other programs on the same host. */
const MOST_COOKIES = 5;

/**
 * Controls who may use the page. The cookie of a session, or a header of a trusted proxy, identifies the administrator
 * of a request.
 */
export class PageAccess {
  private readonly isTrusted: (address: string) => boolean;
  private readonly clientOf;

  constructor(
    private readonly sessions: PageSessions,
    private readonly options: ProxyOptions,
  ) {
    this.isTrusted = inRanges(options.trustedProxies);
    this.clientOf = clientOf(options.trustedProxies);
  }

  /** The administrator; the session is opened if the proxy has just signed them in. */
  visitorOf(req: Request, res: Response): Visitor | undefined {
    const named = this.namedByProxy(req);
    for (const sessionId of cookiesOf(req)) {
      const session = this.sessions.find(sessionId);
      if (session && (!session.isByProxy || session.administrator === named)) return { ...session, sessionId };
    }
    if (named === undefined) return undefined;
    const sessionId = this.sessions.open(named, true);
    this.setCookie(req, res, sessionId);
    const session = this.sessions.find(sessionId);
    return session && { ...session, sessionId };
  }

  /** Always a new id, so nobody can know the id of a session before it is signed in. */
  setCookie(req: Request, res: Response, sessionId: string): void {
    const isSecure = this.isTrusted(peerOf(req)) && req.headers['x-forwarded-proto'] === 'https';
    const end = sessionId === '' ? '; Max-Age=0' : '';
    res.append(
      'Set-Cookie',
      `${COOKIE}=${sessionId}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}${end}`,
    );
  }

  endSession(req: Request, res: Response, { sessionId }: Visitor): void {
    this.sessions.end(sessionId);
    this.setCookie(req, res, '');
  }

  /** For the audit trail. */
  causeOf(req: Request, res: Response, administrator: string): Cause {
    return { by: `operator ${administrator}`, requestId: requestIdOf(res), client: this.clientOf(req).address };
  }

  private namedByProxy(req: Request): string | undefined {
    const { userHeader } = this.options;
    if (userHeader === undefined || !this.isTrusted(peerOf(req))) return undefined;
    const name = req.headers[userHeader.toLowerCase()];
    return typeof name === 'string' && isAdministratorName(name) ? name : undefined;
  }
}

/**
 * Refuses a request that changes something unless a form of this page sent it. Browsers say with each form which page
 * sent it, and no other page can read the token in the form.
 *
 * @throws RequestError `page_not_allowed`
 */
export function requireOwnForm(req: Request, form: Parameters, formToken: string): void {
  requireSameOrigin(req);
  const sent = form['form_token'];
  if (typeof sent === 'string' && sameSecret(sent, formToken)) return;
  throw new RequestError('page_not_allowed', 'The form is too old, or was not sent by this page');
}

/** @throws RequestError `page_not_allowed` */
export function requireSameOrigin(req: Request): void {
  const { origin, host } = req.headers;
  const site = req.headers['sec-fetch-site'];
  const isStated = origin !== undefined || site !== undefined;
  const isOwn = (site === undefined || site === 'same-origin') && (origin === undefined || hostOf(origin) === host);
  if (!isStated || !isOwn) throw new RequestError('page_not_allowed', 'The form was not sent by this page');
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

const peerOf = ({ socket }: Request): string => (socket.remoteAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/i, '');

const cookiesOf = ({ headers }: Request): readonly string[] =>
  Array.from(
    (headers.cookie ?? '').slice(0, 8192).matchAll(/(?:^|; ?)islet_admin=([0-9A-Za-z]+)/g),
    ([, id = '']) => id,
  ).slice(0, MOST_COOKIES);
