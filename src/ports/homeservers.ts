import type { JsonObject } from '../domain/signing/canonical-json.js';

/** What a homeserver said of the news of a binding. */
export type OnBindAnswer =
  | { readonly kind: 'delivered' }
  /** In Matrix's terms, and for good; or it is not talked to. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** In Matrix's terms, of this news alone: it may take it later, when the room holds the invitation. */
  | { readonly kind: 'not_yet'; readonly reason: string };

/** The homeservers, reached by federation or as the configuration says. */
export abstract class Homeservers {
  /**
   * Whose OpenID token this is, in the homeserver's own word: the caller must check that the user is
   * of that homeserver. Spec: Server-Server API, "OpenID".
   *
   * @returns `undefined` if the homeserver does not know the token
   * @throws DomainError `homeserver_failed`, its message naming what went wrong in words fit for a stranger;
   *   `homeserver_invalid` or `homeserver_not_allowed` if it is not asked at all
   */
  abstract whoHasOpenIdToken(homeserver: string, openIdToken: string): Promise<string | undefined>;

  /**
   * Tells a homeserver that a threepid of its user was bound. Spec: Identity Service API, "Invitation
   * storage"; POST as homeservers have it, PUT as the OpenAPI has it.
   *
   * @param attempts how often it was tried before: the first time it is waited for less long
   * @throws if it cannot be reached, or what answers does not speak Matrix: asking again may help, and
   *   until then others need not ask it either
   */
  abstract onBind(homeserver: string, body: JsonObject, attempts: number): Promise<OnBindAnswer>;
}
