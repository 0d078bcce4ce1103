import type { JsonObject } from '../domain/signing/canonical-json.js';

/** The homeservers, reached by federation or as the configuration says. */
export abstract class Homeservers {
  /**
   * Whose OpenID token this is, in the homeserver's own word: the caller must check that the user is
   * of that homeserver. Spec: Server-Server API, "OpenID".
   *
   * @returns `undefined` if the homeserver does not know the token
   * @throws Refused `homeserver_failed`, its message naming what went wrong in words fit for a stranger;
   *   `homeserver_invalid` or `homeserver_not_allowed` if it is not asked at all
   */
  abstract whoHasOpenIdToken(homeserver: string, openIdToken: string): Promise<string | undefined>;

  /**
   * Tells a homeserver that a threepid of its user was bound. Spec: Identity Service API, "Invitation
   * storage"; POST as homeservers have it, PUT as the OpenAPI has it.
   *
   * @returns `delivered`, or `refused` if asking again would not help
   * @throws if asking again may help
   */
  abstract onBind(homeserver: string, body: JsonObject): Promise<'delivered' | 'refused'>;
}
