import type { Association } from './association.js';

/**
 * What the hash index holds: this user is said to be behind this threepid. A claim is another one
 * once its user name turns out to be `shared` by two people: then it answers for nobody.
 */
export interface Claim extends Association {
  readonly isCollision?: true;
}
