/** Why a request is rejected before it reaches the domain. */
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

/** The request is invalid and cannot be passed to the domain. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  /** @param message a sentence for the developer of the client; it quotes only names of parameters from the request */
  constructor(
    readonly code: Rejection,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
