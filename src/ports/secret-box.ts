/** What a text is: one that was sealed as something cannot be passed off as something else. */
export type SecretPurpose = 'client secret' | 'validation token' | 'invite token' | 'invite mail' | 'job';

/** Keeps secrets unreadable where they are stored, by keys that are stored elsewhere. */
export abstract class SecretBox {
  /** Encrypts a text that has to be read again. The same text is sealed differently each time. */
  abstract seal(purpose: SecretPurpose, text: string): string;

  /** What was sealed. @returns `undefined` for what was changed, sealed as something else, or with a key that is not ours any more */
  abstract open(purpose: SecretPurpose, sealed: string): string | undefined;

  /**
   * By what a secret is found again: of each key one text of `[A-Za-z0-9_-]`, the one to be stored first. The secret
   * cannot be guessed from it by whoever has no key, however short it is.
   */
  abstract references(purpose: SecretPurpose, text: string): readonly [string, ...string[]];
}
