import type { NodemailerError } from 'nodemailer';
import { DeliveryError } from '../../ports/message-sender.js';
import { networkFailure, reasonOfCode } from '../shared/network-errors.js';

const MOST_WORDS = 300;

/** Says in our words why a mail was not accepted. The library's error quotes addresses and goes no further. */
export function smtpFailure(endpoint: string, error: NodemailerError, timeLimitMs: number): DeliveryError {
  return new DeliveryError(endpoint, reasonOf(error, timeLimitMs), error.permanent === true && isAboutMessage(error));
}

/**
 * A login, a sender or a relay that is refused today is for the operator to mend, and then the mail
 * goes: RFC 3463 calls it 5.7 where the server has a rule against us.
 */
const isAboutMessage = ({ code, command, response = '' }: NodemailerError): boolean =>
  code === 'EMESSAGE' || (code === 'EENVELOPE' && command === 'RCPT TO' && !/^\d{3}[ -]5\.7\.\d/.test(response));

/** What went wrong, in our words and the hop's. */
export function reasonOf(error: NodemailerError, timeLimitMs: number): string {
  const { code = '', originalCode = '', response } = error;
  if (code === 'EABORT' || code === 'ETIMEDOUT') return `no answer within ${timeLimitMs / 1000} s`;
  if (code === 'ETLS' && response) return 'offers no encryption';
  if (code === 'EAUTH') return `refuses our login${response ? `: ${words(response)}` : ''}`;
  if (response) return `said: ${words(response)}`;
  if (code === 'ECONNECTION' && originalCode === '') return 'closed the connection';
  const known = reasonOfCode(originalCode) ?? networkFailure(error)?.reason;
  if (known !== undefined) return known;
  if (code === 'ETLS') return 'encryption failed';
  return originalCode || code ? `connection broke (${originalCode || code})` : 'connection broke';
}

/** The hop's own words, without what they repeat of the mail. */
const words = (response: string): string =>
  response
    .slice(0, MOST_WORDS * 4)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/https?:\/\/\S+/gi, '<link>')
    .replace(/<?[^\s<>@]+@[^\s<>@]+>?/g, '<address>')
    .slice(0, MOST_WORDS)
    .trim();
