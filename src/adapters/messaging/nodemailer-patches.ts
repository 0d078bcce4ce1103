import SMTPConnection from 'nodemailer/lib/smtp-connection';

/** Non-ASCII characters before the @, and a relay that does not support them. Spec: RFC 6531, 3.2. */
export class MissingUtf8Error extends Error {
  /** The library's code for a refused envelope, after which it continues to use the connection. */
  readonly code = 'EENVELOPE';
  readonly permanent = true;

  constructor(readonly command: 'MAIL FROM' | 'RCPT TO') {
    super('The server does not offer SMTPUTF8');
  }
}

interface Envelope {
  readonly from?: unknown;
  readonly to?: unknown;
}

interface Connection {
  readonly _supportedExtensions: readonly string[];
  readonly _supportedAuth: readonly string[];
  login: (this: Connection, auth: unknown, done: (error: Error) => void) => void;
  _setEnvelope: (this: Connection, envelope: Envelope, done: (error: Error) => void) => void;
}

/*
 * The library sends such addresses unchanged even to servers without SMTPUTF8. Exim then accepts the mail but
 * misdelivers it. So the support is checked here, on the connection that sends the mail.
 */
const connection = SMTPConnection.prototype as unknown as Connection;
const { _setEnvelope: setEnvelope, login } = connection;
if (typeof setEnvelope !== 'function' || typeof login !== 'function')
  throw new Error('this version of nodemailer is not supported: its SMTPConnection has changed');

connection._setEnvelope = function (envelope, done) {
  const isTaken = this._supportedExtensions.includes('SMTPUTF8');
  if (!isTaken && isBeyondAscii(envelope.from)) return done(new MissingUtf8Error('MAIL FROM'));
  if (!isTaken && isBeyondAscii(envelope.to)) return done(new MissingUtf8Error('RCPT TO'));
  return setEnvelope.call(this, envelope, done);
};

/** A relay that does not accept passwords: Exchange Online and Gmail, when basic authentication is disabled. */
export class TokensOnlyError extends Error {
  readonly code = 'EAUTH';

  constructor() {
    super('The server offers XOAUTH2 alone');
  }
}

/* The library would try PLAIN, which the server does not offer, and would report the server's response to that. */
connection.login = function (auth, done) {
  const isTokensOnly = this._supportedAuth.length > 0 && this._supportedAuth.every((method) => method === 'XOAUTH2');
  if (isTokensOnly) return done(new TokensOnlyError());
  return login.call(this, auth, done);
};

/** Accepts all address formats of the library: a string, an object, or a list. */
const isBeyondAscii = (addresses: unknown): boolean => /[^\0-\x7f]/.test(JSON.stringify(addresses) ?? '');
