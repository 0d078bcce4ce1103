import type { JsonObject } from '../domain/signing/canonical-json.js';

/** How a homeserver answered the notification of a binding. */
export type OnBindAnswer =
  | { readonly kind: 'delivered' }
  /** A permanent Matrix error; or requests to this homeserver are not allowed. */
  | { readonly kind: 'refused'; readonly reason: string }
  /**
   * A Matrix error about this notification only: the homeserver may accept it later, when the room contains the
   * invitation.
   */
  | {
      readonly kind: 'not_yet';
      readonly reason: string;
      /** Whether the status was 403: the room does not contain the invitation yet, or the user was in the room already. */
      readonly isForbidden: boolean;
    };

/** The homeservers, reached by federation or as configured. */
export abstract class Homeservers {
  /**
   * The user ID of an OpenID token, as the homeserver reports it. The caller must check that the user belongs to that
   * homeserver. Spec: Server-Server API, "OpenID".
   *
   * @returns `undefined` if the homeserver does not know the token
   * @throws DomainError `homeserver_failed`; the message says what went wrong and may be shown to untrusted clients.
   *   `homeserver_invalid` or `homeserver_not_allowed` if no request is made
   */
  abstract whoHasOpenIdToken(homeserver: string, openIdToken: string): Promise<string | undefined>;

  /**
   * Notifies a homeserver that a threepid of its user was bound. Spec: Identity Service API, "Invitation storage".
   * Homeservers implement POST; the OpenAPI definition says PUT.
   *
   * @param attempts the number of earlier attempts: the first attempt has a shorter timeout
   * @throws if the homeserver cannot be reached, or the response is not a Matrix response. A retry may succeed; other
   *   requests to this homeserver may be postponed until then
   */
  abstract onBind(homeserver: string, body: JsonObject, attempts: number): Promise<OnBindAnswer>;
}
