/** The language and brand preferences for a message of the person who caused it. */
export interface ReadPreferences {
  /** A template brand, if the request named one. Untrusted text. */
  readonly brand: string | undefined;
  /** The `Accept-Language` of the request. Untrusted text. */
  readonly acceptLanguage: string | undefined;
}
