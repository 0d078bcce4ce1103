/** Something that users have to accept, in its current version. Spec: "Terms of service". */
export interface Policy {
  /** Names the policy in `/terms`, e.g. `privacy_policy`. */
  readonly id: string;
  readonly version: string;
  /** By language code. */
  readonly languages: Readonly<Record<string, { readonly name: string; readonly url: string }>>;
}
