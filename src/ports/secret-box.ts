/** The purpose of a sealed text. A text that was sealed for one purpose cannot be opened for another. */
export type SecretPurpose =
  | 'client secret'
  | 'validation token'
  | 'invite token'
  | 'invite mail'
  | 'job'
  | 'audit address';

/** Encrypts stored secrets with keys that are stored elsewhere. */
export abstract class SecretBox {
  /** Encrypts a text that must be decrypted later. The same text is sealed differently each time. */
  abstract seal(purpose: SecretPurpose, text: string): string;

  /**
   * Decrypts a sealed text. @returns `undefined` if it was modified, sealed for another purpose, or sealed with a key
   * that is no longer configured
   */
  abstract open(purpose: SecretPurpose, sealed: string): string | undefined;

  /**
   * Keyed hashes by which a secret is found: one text of `[A-Za-z0-9_-]` per key; the first is the one to store.
   * Without the key, the secret cannot be guessed from them, even if it is short.
   */
  abstract references(purpose: SecretPurpose, text: string): readonly [string, ...string[]];
}
