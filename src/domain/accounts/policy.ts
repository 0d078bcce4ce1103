/** A document that users must accept, in its current version. Spec: "Terms of service". */
export interface Policy {
  /** The key of the policy in `/terms`, e.g. `privacy_policy`. */
  readonly id: string;
  readonly version: string;
  /** By language code. */
  readonly languages: Readonly<Record<string, { readonly name: string; readonly url: string }>>;
}
