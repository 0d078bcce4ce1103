/** The signing keys of homeservers. */
export abstract class HomeserverKeys {
  /**
   * The public key of a homeserver by its id, unpadded standard base64, if it is valid for requests now: one of its
   * `verify_keys`, pinned in the configuration or published by the homeserver. Spec: Server-Server API, "Retrieving
   * server keys".
   *
   * @returns `undefined` if the homeserver has no such key
   * @throws DomainError `homeserver_failed` if the homeserver could not be reached; the message says what went wrong
   *   and may be shown to untrusted clients
   */
  abstract find(homeserver: string, keyId: string): Promise<string | undefined>;
}
