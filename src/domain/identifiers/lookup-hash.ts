import { hash } from 'node:crypto';
import { spellingsOf } from './spellings.js';
import type { Threepid } from './threepid.js';

/** Peppers must match this. Spec: "The pepper"; MSC2134. */
export const isPepper = (text: string): boolean => /^[a-zA-Z0-9]+$/.test(text);

/**
 * The hash that a client sends instead of an address: unpadded URL-safe base64 of a SHA-256. Spec: "Performing a
 * lookup".
 */
export const lookupHash = (
  { medium, address }: { readonly medium: string; readonly address: string },
  pepper: string,
): string => hash('sha256', `${address} ${medium} ${pepper}`, 'base64url');

/** Whether the text has the form of a lookup hash, whatever was hashed. */
export const isLookupHash = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** All hashes by which clients may look up a threepid: first that of its address, then those of its other spellings. */
export function lookupHashes(threepid: Threepid, pepper: string): readonly string[] {
  return spellingsOf(threepid).map((address) => lookupHash({ medium: threepid.medium, address }, pepper));
}
