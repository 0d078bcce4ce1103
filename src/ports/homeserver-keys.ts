/** The keys with which homeservers sign. */
export abstract class HomeserverKeys {
  /**
   * The public key of a homeserver by its id, unpadded standard base64, if it is valid for requests
   * now: one of its `verify_keys`, pinned by the configuration or published by itself. Spec:
   * Server-Server API, "Retrieving server keys".
   *
   * @returns `undefined` if the homeserver has no such key
   * @throws DomainError `homeserver_failed` if it could not be asked, its message naming what went wrong
   *   in words fit for a stranger
   */
  abstract find(homeserver: string, keyId: string): Promise<string | undefined>;
}
