export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** http or https; credentials in it are refused. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For everything: name, connection, TLS, the last byte of the answer. */
  readonly timeLimitMs: number;
  /** Of the answer, decompressed. */
  readonly maxBytes: number;
  /**
   * Who chose the URL: the operator, who may name any address, or a stranger, who reaches public
   * addresses only. Checked when connecting, after names are resolved.
   */
  readonly chosenBy: 'operator' | 'stranger';
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string;
  /** For servers that want one: our certificate and its key, PEM. */
  readonly clientCertificate?: string;
  /** The name that the certificate must carry and that is asked for by SNI; otherwise the URL's host. */
  readonly tlsName?: string;
  /** Connects here instead of to the URL's host. */
  readonly connectTo?: { readonly host: string; readonly port: number };
}

export interface HttpResponse {
  /** Any status: what it means is the caller's affair. Redirects are answers like others. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why there was no answer, in one word for code and one sentence for people. */
export type ConnectionProblem =
  | 'name_not_found'
  | 'refused'
  | 'unreachable'
  | 'forbidden_address'
  | 'certificate'
  | 'timeout'
  | 'too_large'
  | 'broken';

/** A hop that failed. The message names the hop and the reason; it carries no header, body or query string. */
export class HttpConnectionError extends Error {
  override readonly name = 'HttpConnectionError';

  constructor(
    /** Scheme, host and port of the hop. */
    readonly endpoint: string,
    readonly problem: ConnectionProblem,
    /** `certificate is not trusted`, `no answer within 10 s` */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`could not reach ${endpoint}: ${reason}`, options);
  }
}

/** HTTP to other servers. Follows no redirects, obeys no proxy from the environment. */
export abstract class HttpClient {
  /** @throws HttpConnectionError if there is no complete answer within the limits */
  abstract request(request: HttpRequest): Promise<HttpResponse>;
}
