import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** One threepid and the user behind it. */
export interface Association {
  readonly threepid: Threepid;
  readonly mxid: Mxid;
}

/** A source knows this threepid but cannot say whose it is: nobody is answered and no later source is asked. */
export interface Ambiguous {
  readonly threepid: Threepid;
  /** Who lays claim to it, in words for the operator: distinguished names, user IDs. */
  readonly claimants: readonly string[];
}

/** What one source says of one threepid it knows. */
export type Finding = Association | Ambiguous;

export const isAmbiguous = (finding: Finding): finding is Ambiguous => 'claimants' in finding;

/** The same, where only a hash was asked. */
export const AMBIGUOUS = Symbol('ambiguous');
