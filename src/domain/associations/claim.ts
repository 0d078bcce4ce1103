import type { Association } from './association.js';

/**
 * An entry of the hash index: this threepid is claimed for this user. When the user ID turns out to be shared by two
 * people, the claim is replaced by one with `isCollision`, which returns no user.
 */
export interface Claim extends Association {
  readonly isCollision?: true;
}
