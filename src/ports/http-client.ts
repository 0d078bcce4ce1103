export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** http or https; URLs with credentials are rejected. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Total time: name resolution, connection, TLS, and the complete response. */
  readonly timeLimitMs: number;
  /** Maximum size of the response, decompressed. */
  readonly maxBytes: number;
  /**
   * Who chose the URL: the operator, who may use any address, or an untrusted party (`stranger`), for whom only public
   * addresses are allowed. Checked when connecting, after name resolution.
   */
  readonly chosenBy: 'operator' | 'stranger';
  /** CA certificates to trust instead of the system's, PEM. */
  readonly ca?: string;
  /** The client certificate and its key, PEM, for servers that require one. */
  readonly clientCertificate?: string;
  /** The name for SNI and for the certificate check; by default the URL's host. */
  readonly tlsName?: string;
  /** Connects to this address instead of the URL's host. */
  readonly connectTo?: { readonly host: string; readonly port: number };
}

export interface HttpResponse {
  /** Any status; the caller interprets it. Redirects are returned as responses. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why there was no response: a code for programs and a sentence for people. */
export type ConnectionProblem =
  | 'name_not_found'
  | 'refused'
  | 'unreachable'
  | 'forbidden_address'
  | 'certificate'
  | 'timeout'
  | 'too_large'
  | 'broken';

/** A failed hop. The message names the hop and the reason; it contains no header, body or query string. */
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

/** HTTP requests to other servers. Does not follow redirects and ignores proxy settings in the environment. */
export abstract class HttpClient {
  /** @throws HttpConnectionError if there is no complete response within the limits */
  abstract request(request: HttpRequest): Promise<HttpResponse>;
}
