/** Why the edge turns a request away. */
export type Rejection =
  | 'not_json'
  | 'bad_json'
  | 'missing_params'
  | 'invalid_param'
  | 'too_large'
  | 'encoding_unsupported'
  | 'body_broken'
  | 'endpoint_unknown'
  | 'access_token_missing'
  | 'search_loop'
  | 'method_unknown'
  | 'key_unknown'
  | 'network_not_allowed'
  | 'page_not_allowed'
  | 'host_not_allowed'
  | 'admin_token_wrong'
  | 'source_unknown'
  | 'backup_elsewhere'
  | 'backup_running'
  | 'store_unavailable'
  | 'interrupted';

/** The request is none that could be put to the domain. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  /** @param message a sentence for whoever wrote the client; it quotes nothing of the request but names of parameters */
  constructor(
    readonly code: Rejection,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
