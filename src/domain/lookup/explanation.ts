import type { Threepid } from '../identifiers/threepid.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { SourceTrace } from '../../ports/threepid-source.js';
import type { PepperFollowStatus } from '../peppers/pepper-service.js';

/** An explanation as the admin listener returns it, with its time. */
export interface TimedExplanation extends Explanation {
  /** ms since the epoch */
  readonly at: number;
}

/** How each source answers for one threepid, in the order in which the sources are queried. */
export interface Explanation {
  readonly threepid: Threepid;
  readonly sources: readonly {
    readonly source: string;
    /** `absent`: the source knows the user, and they have no account. */
    readonly outcome: 'answered' | 'ambiguous' | 'absent' | 'unknown' | 'failed';
    readonly traces: readonly SourceTrace[];
    /** Whether this source decides: later ones are not queried. */
    readonly decides: boolean;
    /** The state of its pepper, if it is an upstream whose pepper is followed. */
    readonly following: PepperFollowStatus | undefined;
    /** Whether the answer comes from a directory, and the account was not checked. */
    readonly accountUnverified: boolean;
  }[];
  readonly mxid: Mxid | undefined;
}
