import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** One threepid and its user. */
export interface Association {
  readonly threepid: Threepid;
  readonly mxid: Mxid;
}

/**
 * A source knows this threepid but cannot decide which user it belongs to. The lookup returns no user, and later
 * sources are not queried.
 */
export interface Ambiguous {
  readonly threepid: Threepid;
  /** Who claims it, as text for the operator: distinguished names, user IDs. */
  readonly claimants: readonly string[];
  /** The owner, if it is known but must not be disclosed. */
  readonly owner?: Mxid;
}

/** The result of one source for one threepid that it knows. */
export type Finding = Association | Ambiguous;

export const isAmbiguous = (finding: Finding): finding is Ambiguous => 'claimants' in finding;

/** The owner, even if it must not be disclosed. */
export const byRight = (finding: Finding): Finding =>
  isAmbiguous(finding) && finding.owner !== undefined ? { threepid: finding.threepid, mxid: finding.owner } : finding;

/** The same result for a lookup by hash. */
export const AMBIGUOUS = Symbol('ambiguous');
