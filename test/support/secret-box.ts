import { DerivedSecretBox } from '../../src/adapters/signing/derived-secret-box.js';

const key = (byte: number) => ({ keyId: `ed25519:${byte}`, seed: new Uint8Array(32).fill(byte) });

/** A secret box with keys derived from these bytes. */
export const secretBoxOf = (first: number, ...old: readonly number[]) =>
  new DerivedSecretBox([key(first), ...old.map(key)]);

/** The secret box of stores in tests. */
export const secretBox = secretBoxOf(7);
