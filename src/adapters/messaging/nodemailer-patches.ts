import SMTPConnection from 'nodemailer/lib/smtp-connection';

/** Letters beyond ASCII before the @, and a relay that does not know them. Spec: RFC 6531, 3.2. */
export class MissingUtf8Error extends Error {
  /** As the library calls a refusal of the envelope, after which it goes on using the connection. */
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
 * The library sends such addresses as they are to servers that never offered to take them. Exim then
 * accepts the mail and delivers it nowhere good, so the question is asked here, of the very connection
 * that would carry the mail.
 */
const connection = SMTPConnection.prototype as unknown as Connection;
const { _setEnvelope: setEnvelope, login } = connection;
if (typeof setEnvelope !== 'function' || typeof login !== 'function')
  throw new Error('this version of nodemailer has another SMTPConnection');

connection._setEnvelope = function (envelope, done) {
  const isTaken = this._supportedExtensions.includes('SMTPUTF8');
  if (!isTaken && isBeyondAscii(envelope.from)) return done(new MissingUtf8Error('MAIL FROM'));
  if (!isTaken && isBeyondAscii(envelope.to)) return done(new MissingUtf8Error('RCPT TO'));
  return setEnvelope.call(this, envelope, done);
};

/** A relay that takes no password of anybody: Exchange Online and Gmail, once basic authentication is off. */
export class TokensOnlyError extends Error {
  readonly code = 'EAUTH';

  constructor() {
    super('The server offers XOAUTH2 alone');
  }
}

/*
 * The library would try PLAIN, which the server never offered, and tell us what that says to it.
 */
connection.login = function (auth, done) {
  const isTokensOnly = this._supportedAuth.length > 0 && this._supportedAuth.every((method) => method === 'XOAUTH2');
  if (isTokensOnly) return done(new TokensOnlyError());
  return login.call(this, auth, done);
};

/** Whatever form the library takes addresses in: text, an object, a list of them. */
const isBeyondAscii = (addresses: unknown): boolean => /[^\0-\x7f]/.test(JSON.stringify(addresses) ?? '');
