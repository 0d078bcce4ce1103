import { DeliveryError } from '../../../ports/message-sender.js';
import { HttpConnectionError, type HttpResponse } from '../../../ports/http-client.js';
import type { Originator } from './originators.js';

export interface Sms {
  /** E.164 digits without the plus. */
  readonly number: string;
  readonly originator: Originator;
  readonly text: string;
}

/** A service that sends text messages to phones. */
export interface SmsGateway {
  /** The name in errors and logs: `text message gateway sms.example.org` */
  readonly name: string;

  /**
   * Resolves when the gateway has accepted the message, with the gateway's message id, if any.
   *
   * @throws GatewayError
   */
  send(sms: Sms): Promise<string | undefined>;

  /** Closes open connections. */
  close?(): Promise<void>;
}

/** Why a gateway did not accept a message, and whether that is certain. */
export class GatewayError extends DeliveryError {
  constructor(
    gateway: string,
    reason: string,
    /** There was no response, or an inconclusive one: another gateway might send the message a second time. */
    readonly mayBeAccepted: boolean,
    options?: ErrorOptions,
  ) {
    super(gateway, reason, false, options);
  }
}

/** Problems that occur before the request can have arrived. */
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

/** An error response. 4xx means the message was refused. After 5xx the result is unknown, except for 503. */
export function declined(gateway: string, { status, body }: HttpResponse): GatewayError {
  const words = messageOf(body);
  return new GatewayError(gateway, `answered ${status}${words && ` (${words})`}`, status >= 500 && status !== 503);
}

/** The gateway's message without digits: they are phone numbers and codes. */
const messageOf = (body: string): string =>
  body
    .slice(0, 1000)
    .replace(/<[^>]*>|[\s\p{Cc}]/gu, ' ')
    .replace(/\d[\d\s().-]{2,}\d/g, '<number>')
    .replace(/ +/g, ' ')
    .slice(0, 150)
    .trim();
