import { DerivedSecretBox } from '../../src/adapters/signing/derived-secret-box.js';

const key = (byte: number) => ({ keyId: `ed25519:${byte}`, seed: new Uint8Array(32).fill(byte) });

/** One by keys that are made of these bytes. */
export const secretBoxOf = (first: number, ...old: readonly number[]) =>
  new DerivedSecretBox([key(first), ...old.map(key)]);

/** What stores of tests seal with. */
export const secretBox = secretBoxOf(7);
