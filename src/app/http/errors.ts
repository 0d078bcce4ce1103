import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorRequestHandler } from 'express';
import { DomainError, type Refusal, ShutdownError, StoreUnavailableError } from '../../domain/shared/errors.js';
import { DeliveryError } from '../../ports/message-sender.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { RequestError, type Rejection } from './request-error.js';
import { noteRefusal, requestIdOf } from './request-record.js';
import { sendJson } from './send-json.js';

type Answer = readonly [status: number, errcode: string];

/** The Matrix error code of each refusal of the domain. Spec: "Standard error response" and each endpoint. */
const matrix = {
  invalid_email: [400, 'M_INVALID_EMAIL'],
  invalid_address: [400, 'M_INVALID_ADDRESS'],
  invalid_mxid: [400, 'M_INVALID_PARAM'],
  invalid_public_key: [400, 'M_INVALID_PARAM'],
  medium_unsupported: [400, 'M_UNRECOGNIZED'],
  session_unknown: [404, 'M_NO_VALID_SESSION'],
  session_expired: [400, 'M_SESSION_EXPIRED'],
  session_not_validated: [400, 'M_SESSION_NOT_VALIDATED'],
  session_closed: [400, 'M_TOKEN_INCORRECT'],
  token_incorrect: [400, 'M_TOKEN_INCORRECT'],
  email_not_sent: [400, 'M_EMAIL_SEND_ERROR'],
  message_not_sent: [400, 'M_SEND_ERROR'],
  destination_rejected: [400, 'M_DESTINATION_REJECTED'],
  pepper_unknown: [400, 'M_INVALID_PEPPER'],
  algorithm_unknown: [400, 'M_INVALID_PARAM'],
  too_many_addresses: [400, 'M_TOO_LARGE'],
  threepid_in_use: [400, 'M_THREEPID_IN_USE'],
  owner_unclear: [400, 'M_THREEPID_IN_USE'],
  owner_unreachable: [503, 'M_UNKNOWN'],
  not_signed_in: [401, 'M_UNAUTHORIZED'],
  access_token_unknown: [401, 'M_UNKNOWN_TOKEN'],
  not_yours: [403, 'M_UNAUTHORIZED'],
  sender_not_yours: [403, 'M_FORBIDDEN'],
  openid_token_rejected: [401, 'M_UNAUTHORIZED'],
  homeserver_mismatch: [401, 'M_UNAUTHORIZED'],
  homeserver_invalid: [400, 'M_INVALID_PARAM'],
  homeserver_not_allowed: [403, 'M_FORBIDDEN'],
  homeserver_failed: [502, 'M_UNKNOWN'],
  terms_not_signed: [403, 'M_TERMS_NOT_SIGNED'],
  user_left: [403, 'M_FORBIDDEN'],
  session_not_theirs: [400, 'M_SESSION_EXPIRED'],
  // With 403, Synapse refuses to deactivate the account; with 400 it continues without the identity server.
  unbind_elsewhere: [400, 'M_INVALID_PARAM'],
  unbind_not_proven: [403, 'M_FORBIDDEN'],
  invite_unknown: [404, 'M_UNRECOGNIZED'],
  limit_exceeded: [429, 'M_LIMIT_EXCEEDED'],
} as const satisfies Record<Refusal, Answer>;

/** The error codes of requests that are rejected before they reach the domain. */
const edge = {
  not_json: [400, 'M_NOT_JSON'],
  bad_json: [400, 'M_BAD_JSON'],
  missing_params: [400, 'M_MISSING_PARAMS'],
  invalid_param: [400, 'M_INVALID_PARAM'],
  too_large: [413, 'M_TOO_LARGE'],
  encoding_unsupported: [415, 'M_UNKNOWN'],
  body_broken: [400, 'M_UNKNOWN'],
  endpoint_unknown: [404, 'M_UNRECOGNIZED'],
  access_token_missing: [401, 'M_MISSING_TOKEN'],
  search_loop: [508, 'M_UNKNOWN'],
  method_unknown: [405, 'M_UNRECOGNIZED'],
  key_unknown: [404, 'M_NOT_FOUND'],
  network_not_allowed: [403, 'M_FORBIDDEN'],
  page_not_allowed: [403, 'M_FORBIDDEN'],
  host_not_allowed: [403, 'M_FORBIDDEN'],
  admin_token_wrong: [401, 'M_UNAUTHORIZED'],
  source_unknown: [404, 'M_NOT_FOUND'],
  backup_elsewhere: [409, 'M_UNKNOWN'],
  backup_running: [409, 'M_UNKNOWN'],
  store_unavailable: [503, 'M_UNKNOWN'],
  interrupted: [503, 'M_UNKNOWN'],
} as const satisfies Record<Rejection, Answer>;

const answers: Readonly<Record<Refusal | Rejection, Answer>> = { ...matrix, ...edge };

const FAULT: Answer = [500, 'M_UNKNOWN'];

/** The status code of a refusal, also for pages. */
export const statusOf = ({ code }: DomainError | RequestError): number => answers[code][0];

/**
 * Sends the response for any error. The client gets the reason and the details of refusals; other causes are only
 * logged.
 *
 * @param faultWords the message for a fault
 */
export function errorResponse(
  telemetry: Telemetry,
  faultWords: (fault: unknown) => string = () => 'Internal server error',
): (thrown: unknown, req: IncomingMessage, res: ServerResponse) => void {
  return (thrown, req, res) => {
    const error = toRequestError(thrown);
    const isNo = error instanceof DomainError || error instanceof RequestError;
    const [status, errcode] = isNo ? answers[error.code] : FAULT;
    const id = requestIdOf(res);
    if (!isNo) telemetry.error('request failed', { event: 'request_failed', id, method: req.method }, error);
    else if (error.cause !== undefined)
      telemetry.warn('request refused', { event: 'request_refused', id, code: error.code }, error);

    if (error instanceof DomainError) noteRefusal(res, error.facts);
    // A partial response cannot be undone.
    if (res.headersSent) return void res.destroy();
    const details = error instanceof DomainError ? error.details : {};
    const waitMs = details['retry_after_ms'];
    if (typeof waitMs === 'number') res.setHeader('Retry-After', String(Math.ceil(waitMs / 1000)));
    res.statusCode = status;
    sendJson(res, { errcode, error: isNo ? messageOf(error) : faultWords(error), ...details });
  };
}

/** The same as a handler of Express. */
export function answerErrors(...options: Parameters<typeof errorResponse>): ErrorRequestHandler {
  const answer = errorResponse(...options);
  return (thrown: unknown, req, res, _next) => answer(thrown, req, res);
}

/** Responses of the mail server or the gateway contain hosts and accounts of the operator, so they are only logged. */
function messageOf({ message, cause }: Error): string {
  if (!(cause instanceof DeliveryError)) return message;
  const advice = cause.advice ?? (cause.isFinal ? 'the same message would be refused again' : undefined);
  return advice === undefined ? message : `${message}: ${advice}`;
}

/** Converts the errors of Express, of its body parser and of shutdown. */
function toRequestError(error: unknown): unknown {
  if (error instanceof ShutdownError)
    return new RequestError('interrupted', 'The server is shutting down, please try again');
  if (error instanceof StoreUnavailableError) {
    // Without a cause it is already in the log.
    const options = error.cause === undefined ? undefined : { cause: error };
    return new RequestError(
      'store_unavailable',
      'The database is not available at the moment, please try again',
      options,
    );
  }
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return error;
  if (error.status === 413) return new RequestError('too_large', 'The request is too large');
  if (error.status === 415) return new RequestError('encoding_unsupported', 'This content encoding is not supported');
  if (error.status < 500) return new RequestError('body_broken', 'The request is incomplete');
  return error;
}
