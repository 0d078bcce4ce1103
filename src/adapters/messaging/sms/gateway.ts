import { DeliveryError } from '../../../ports/message-sender.js';
import { HttpConnectionError, type HttpResponse } from '../../../ports/http-client.js';
import type { Originator } from './originators.js';

export interface Sms {
  /** E.164 digits without the plus. */
  readonly number: string;
  readonly originator: Originator;
  readonly text: string;
}

/** A service that brings text messages to phones. */
export interface SmsGateway {
  /** As errors and the log call it: `text message gateway sms.example.org` */
  readonly name: string;

  /**
   * Resolves when the gateway has accepted the message, with what it calls it, if it does.
   *
   * @throws GatewayError
   */
  send(sms: Sms): Promise<string | undefined>;

  /** Lets go of what it keeps open, if it does. */
  close?(): Promise<void>;
}

/** Why a gateway did not accept a message, and whether that is certain. */
export class GatewayError extends DeliveryError {
  constructor(
    gateway: string,
    reason: string,
    /** No answer, or one that leaves it open: another gateway might send the message a second time. */
    readonly mayBeAccepted: boolean,
    options?: ErrorOptions,
  ) {
    super(gateway, reason, false, options);
  }
}

/** Problems before the request can have arrived. */
const certain: ReadonlySet<HttpConnectionError['problem']> = new Set([
  'name_not_found',
  'refused',
  'unreachable',
  'forbidden_address',
  'certificate',
]);

export function unanswered(gateway: string, error: unknown): GatewayError {
  if (error instanceof HttpConnectionError) return new GatewayError(gateway, error.reason, !certain.has(error.problem));
  return new GatewayError(gateway, 'failed', true, { cause: error });
}

/** An answer that is no success. 4xx is a no; what a 5xx has done nobody knows, but for 503. */
export function declined(gateway: string, { status, body }: HttpResponse): GatewayError {
  const words = messageOf(body);
  return new GatewayError(gateway, `answered ${status}${words && ` (${words})`}`, status >= 500 && status !== 503);
}

/** What a gateway says, without numbers: they are phone numbers and codes. */
const messageOf = (body: string): string =>
  body
    .slice(0, 1000)
    .replace(/<[^>]*>|[\s\p{Cc}]/gu, ' ')
    .replace(/\d[\d\s().-]{2,}\d/g, '<number>')
    .replace(/ +/g, ' ')
    .slice(0, 150)
    .trim();
