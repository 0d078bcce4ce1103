import type { NodemailerError } from 'nodemailer';
import { DeliveryError } from '../../ports/message-sender.js';
import { LoginPausedError } from '../shared/login-gate.js';
import { networkFailure, reasonOfCode } from '../shared/network-errors.js';
import { MissingUtf8Error, TokensOnlyError } from './nodemailer-patches.js';

const MOST_WORDS = 300;

/** The sender and the login: the server may refuse these for every mail. */
export interface SmtpIdentity {
  readonly from: { readonly address: string };
  readonly username?: string | undefined;
}

const AGAIN = 'please try again in a few minutes';
const TOKENS_ONLY =
  'offers only logins with OAuth tokens (XOAUTH2), but Islet has a password: use a relay or an account with password logins (SMTP AUTH)';
const NO_UTF8 = 'the mail server does not accept addresses with letters other than a to z before the @';

/** Why a mail was not accepted, in Islet's words. The library's error contains addresses and must not be passed on. */
export function smtpFailure(
  endpoint: string,
  error: NodemailerError,
  timeLimitMs: number,
  identity?: SmtpIdentity,
): DeliveryError {
  const isFinal = error.permanent === true && isAboutMessage(error);
  const advice = adviceFor(error);
  const reason = reasonOf(error, timeLimitMs);
  return new DeliveryError(
    endpoint,
    identity && isAboutSender(error) ? `${refusal(identity)} (${reason})` : reason,
    isFinal,
    advice === undefined ? {} : { advice },
  );
}

/** The message for a refusal that applies to all mails, instead of the server's response to this one. */
const refusal = ({ from, username }: SmtpIdentity): string =>
  `refuses the sender address ${from.address}${username === undefined ? '' : `, logged in as ${username}`}`;

function adviceFor(error: NodemailerError): string | undefined {
  if (error instanceof MissingUtf8Error) return NO_UTF8;
  const isForNow = (error.responseCode ?? 0) >= 400 && (error.responseCode ?? 0) < 500;
  return isForNow && error.code !== 'EAUTH' ? AGAIN : undefined;
}

/**
 * Whether the refusal concerns this message. A refused login, sender or relay must be fixed by the operator; the mail
 * can be sent afterwards. RFC 3463 uses 5.7 for policy refusals.
 */
const isAboutMessage = (error: NodemailerError): boolean =>
  !isAboutSender(error) &&
  (error.code === 'EMESSAGE' ||
    (error.code === 'EENVELOPE' && error.command === 'RCPT TO' && !/^\d{3}[ -]5\.7\.\d/.test(error.response ?? '')));

/**
 * Whether the server refuses the sender: any refusal of MAIL FROM, and codes that Exchange only returns after the
 * recipient or the whole mail (5.2.252 and 5.7.60: not allowed to send as this sender; 5.7.57, 5.7.64, 5.7.5xx,
 * 5.7.7xx: not this client).
 */
function isAboutSender({ permanent, code, command, response = '' }: NodemailerError): boolean {
  if (permanent !== true || response === '') return false;
  if (code === 'EENVELOPE' && command === 'MAIL FROM') return !/^\d{3}[ -]5\.3\.4\b/.test(response);
  return /^\d{3}[ -]5\.(?:1\.[78]|2\.252|7\.(?:57|6[04]|[57]\d\d))\b|SendAsDenied/.test(response);
}

/** The reason for an error, including the server's response. */
export function reasonOf(error: NodemailerError, timeLimitMs: number): string {
  const { code = '', originalCode = '', response } = error;
  if (error instanceof MissingUtf8Error)
    return 'does not support SMTPUTF8, which addresses with non-ASCII letters need';
  if (error instanceof TokensOnlyError) return TOKENS_ONLY;
  if (error instanceof LoginPausedError) return error.message;
  if (code === 'EABORT' || code === 'ETIMEDOUT') return `no answer within ${timeLimitMs / 1000} s`;
  if (code === 'ETLS' && response) return 'does not offer encryption';
  if (code === 'EAUTH') return `refuses the login${response ? `: ${words(response)}` : ''}`;
  if (response) return `said: ${words(response)}`;
  if (code === 'ECONNECTION' && originalCode === '') return 'closed the connection';
  const known = reasonOfCode(originalCode) ?? networkFailure(error)?.reason;
  if (known !== undefined) return known;
  if (code === 'ETLS') return 'encryption failed';
  return originalCode || code ? `connection interrupted (${originalCode || code})` : 'connection interrupted';
}

/** The server's response, without parts of the mail that it repeats. */
const words = (response: string): string =>
  response
    .slice(0, MOST_WORDS * 4)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/https?:\/\/\S+/gi, '<link>')
    .replace(/<?[^\s<>@]+@[^\s<>@]+>?/g, '<address>')
    .slice(0, MOST_WORDS)
    .trim();
