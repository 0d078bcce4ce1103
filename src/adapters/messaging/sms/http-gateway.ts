import type { HttpClient } from '../../../ports/http-client.js';
import {
  currentHeaders,
  type HeaderValue,
  type RotatingSecret,
  secretsIn,
  withNewestSecrets,
} from '../../shared/rotating-secret.js';
import { inDefaultAlphabet } from './alphabet.js';
import { declined, GatewayError, unanswered, type Sms, type SmsGateway } from './gateway.js';

export interface HttpGatewayOptions {
  readonly method: 'GET' | 'POST' | 'PUT';
  /**
   * May contain `{{number}}`, `{{originator}}` and `{{text}}`, as may `body`, and `{{alphabet:0|2}}`: the first value
   * if the text fits the GSM alphabet, else the second. `{{password}}` is the password.
   */
  readonly url: string;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly password?: RotatingSecret | undefined;
  /** JSON, a form or XML, according to `content-type`. Without one: JSON if it looks like JSON, otherwise a form. */
  readonly body?: string | undefined;
  readonly success?: {
    /** Absent: any 2xx. */
    readonly statuses?: readonly number[] | undefined;
    /** A pattern that the response body must match as well. */
    readonly body?: RegExp | undefined;
  };
  readonly timeLimitMs: number;
}

type Escape = (text: string) => string;

const escapes = {
  json: (text) => JSON.stringify(text).slice(1, -1),
  form: encodeURIComponent,
  xml: (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
  text: (text) => text,
} as const satisfies Record<string, Escape>;

/** Any gateway that accepts a message in one HTTP request, as configured. */
export class HttpGateway implements SmsGateway {
  readonly name: string;

  private readonly contentType: string | undefined;

  /** @throws for an invalid URL, and for unknown placeholders */
  constructor(
    private readonly options: HttpGatewayOptions,
    private readonly http: HttpClient,
  ) {
    const [unknown] = unknownHoles(`${options.url}${options.body ?? ''}`);
    if (unknown !== undefined) throw new Error(`{{${unknown}}} is not a known placeholder`);
    this.name = `text message gateway ${new URL(options.url.replaceAll(HOLES, 'x')).host}`;
    this.contentType = contentTypeOf(options);
  }

  async send(sms: Sms): Promise<string | undefined> {
    const { method, url, headers, body, password, success, timeLimitMs } = this.options;
    const send = () => {
      const values = { ...sms, password: password?.value ?? '' };
      return this.http.request({
        method,
        url: fill(url, values, escapes.form),
        headers: { ...(this.contentType && { 'content-type': this.contentType }), ...currentHeaders(headers) },
        ...(body !== undefined && { body: fill(body, values, escapeFor(this.contentType)) }),
        timeLimitMs,
        maxBytes: 64 * 1024,
        chosenBy: 'operator',
      });
    };
    const secrets = [...secretsIn(headers), ...(password ? [password] : [])];
    const response = await withNewestSecrets(secrets, send).catch((error: unknown) => {
      throw unanswered(this.name, error);
    });
    const { status } = response;
    const isSuccess = success?.statuses ? success.statuses.includes(status) : status >= 200 && status < 300;
    if (!isSuccess) throw declined(this.name, response);
    if (success?.body?.test(response.body) === false) {
      throw new GatewayError(
        this.name,
        `answered ${status}, but the answer does not match the condition for success`,
        false,
      );
    }
    return undefined;
  }
}

function contentTypeOf({ headers, body }: HttpGatewayOptions): string | undefined {
  if (body === undefined) return undefined;
  const given = Object.entries(currentHeaders(headers)).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return given ?? (/^\s*[[{]/.test(body) ? 'application/json' : 'application/x-www-form-urlencoded');
}

function escapeFor(contentType = ''): Escape {
  if (/json/i.test(contentType)) return escapes.json;
  if (/xml/i.test(contentType)) return escapes.xml;
  return /urlencoded/i.test(contentType) ? escapes.form : escapes.text;
}

const HOLES = /\{\{([^{}]*)\}\}/g;
const CHOICE = /^alphabet:([^{}|]*)\|([^{}|]*)$/;

/** The unknown placeholders of a template. */
export const unknownHoles = (template: string): readonly string[] =>
  [...template.matchAll(HOLES)].flatMap(([, name = '']) =>
    ['number', 'originator', 'text', 'password'].includes(name) || CHOICE.test(name) ? [] : [name],
  );

const fill = (
  template: string,
  { number, originator, text, password }: Sms & { readonly password: string },
  escape: Escape,
): string => {
  const values: Readonly<Record<string, string>> = { number, originator: originator.text, text, password };
  return template.replace(HOLES, (_, name: string) => {
    const [, ifGsm = '', ifNot = ''] = CHOICE.exec(name) ?? [];
    return escape(values[name] ?? (inDefaultAlphabet(text) ? ifGsm : ifNot));
  });
};
