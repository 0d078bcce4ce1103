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
  /** Whose it is by right, where that is clear and only not to be told. */
  readonly owner?: Mxid;
}

/** What one source says of one threepid it knows. */
export type Finding = Association | Ambiguous;

export const isAmbiguous = (finding: Finding): finding is Ambiguous => 'claimants' in finding;

/** Whose it is by right, whether or not that is to be told. */
export const byRight = (finding: Finding): Finding =>
  isAmbiguous(finding) && finding.owner !== undefined ? { threepid: finding.threepid, mxid: finding.owner } : finding;

/** The same, where only a hash was asked. */
export const AMBIGUOUS = Symbol('ambiguous');
