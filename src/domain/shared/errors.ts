/** All reasons for which the domain refuses a request. `app/http/errors.ts` maps them to Matrix error codes. */
export const domainErrors = {
  invalid_email: 'The email address is not valid',
  invalid_address: 'The phone number is not valid',
  invalid_mxid: 'The Matrix user ID is not valid',
  invalid_public_key: 'The key is not an ed25519 key in base64',
  medium_unsupported: 'This kind of address is not supported',
  session_unknown: 'No session matches this sid and client secret',
  session_expired: 'This session has expired',
  session_not_validated: 'This session has not been validated yet: enter the code or follow the link that was sent',
  session_closed: 'Too many wrong codes: this session is closed, ask for a new code',
  token_incorrect: 'The token is incorrect',
  email_not_sent: 'The mail could not be sent',
  message_not_sent: 'The text message could not be sent',
  destination_rejected: 'Text messages to this number are not allowed on this server',
  pepper_unknown: 'Unknown or invalid pepper - has it been rotated?',
  algorithm_unknown: 'Unknown lookup algorithm',
  too_many_addresses: 'The lookup contains too many addresses',
  threepid_in_use: 'This address belongs to another user',
  owner_unclear: 'The directory assigns this address to several people, so it cannot be bound',
  owner_unreachable: 'The directory that may contain this address is not available, please try again later',
  not_signed_in: 'Missing or unknown access token',
  access_token_unknown: 'Unknown access token',
  not_yours: 'The access token belongs to another user',
  sender_not_yours: 'The sender of an invitation must be the user of the access token',
  openid_token_rejected: 'The homeserver does not know this OpenID token',
  homeserver_mismatch: 'The homeserver answered for a user of another server',
  homeserver_invalid: 'The homeserver name is not valid',
  homeserver_not_allowed: 'Users of this homeserver are not allowed on this server',
  homeserver_failed: 'The homeserver did not answer',
  terms_not_signed: 'The terms of service have not been accepted yet',
  user_left: 'The directory of this organisation does not contain this user any more',
  session_not_theirs: 'The address was validated by a previous owner of this user ID, please validate it again',
  unbind_elsewhere: 'This request is signed for another server',
  unbind_not_proven: 'The request must be signed by the homeserver of the user, or name a validated session',
  invite_unknown: 'No invitation has this token',
  limit_exceeded: 'Too many requests, please try again later',
} as const;

export type Refusal = keyof typeof domainErrors;

/** The request was understood and refused. Anything else thrown is an internal error. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  /** Only for the log: which limit was reached, never an address. */
  readonly facts: Readonly<Record<string, string | number>>;

  /** @param details returned to the client in addition to the reason, e.g. the `mxid` that has the threepid */
  constructor(
    readonly code: Refusal,
    options: ErrorOptions & { message?: string; facts?: Readonly<Record<string, string | number>> } = {},
    readonly details: Readonly<Record<string, string | number>> = {},
  ) {
    super(options.message ?? domainErrors[code], options);
    this.facts = options.facts ?? {};
  }
}

/** A source is not queried at the moment; the operator has already been informed. */
export class SourceUnavailableError extends Error {
  override readonly name = 'SourceUnavailableError';
}

/** The database cannot be read or written at the moment; the client should try again later. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly code = 'store_unavailable';
}

/** The operation was aborted because Islet is shutting down. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError';

  constructor() {
    super('Islet is shutting down');
  }
}
