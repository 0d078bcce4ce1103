import { hash } from 'node:crypto';
import { spellingsOf } from './spellings.js';
import type { Threepid } from './threepid.js';

/** Spec: "The pepper" must match this; MSC2134. */
export const isPepper = (text: string): boolean => /^[a-zA-Z0-9]+$/.test(text);

/**
 * What a client sends instead of an address: unpadded URL-safe base64 of a SHA-256. Spec:
 * "Performing a lookup".
 */
export const lookupHash = (
  { medium, address }: { readonly medium: string; readonly address: string },
  pepper: string,
): string => hash('sha256', `${address} ${medium} ${pepper}`, 'base64url');

/** Whether it looks like one, whatever it was made of. */
export const isLookupHash = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** All hashes under which clients may ask for a threepid: that of its address first, and those of its other spellings. */
export function lookupHashes(threepid: Threepid, pepper: string): readonly string[] {
  return spellingsOf(threepid).map((address) => lookupHash({ medium: threepid.medium, address }, pepper));
}
