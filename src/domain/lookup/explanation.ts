import type { Threepid } from '../identifiers/threepid.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { SourceTrace } from '../../ports/threepid-source.js';
import type { PepperFollowStatus } from '../peppers/pepper-service.js';

/** How an explanation is sent by the admin listener: the same, and the time at which it was true. */
export interface TimedExplanation extends Explanation {
  /** ms since the epoch */
  readonly at: number;
}

/** How each source answers for one threepid, in the order in which they are asked. */
export interface Explanation {
  readonly threepid: Threepid;
  readonly sources: readonly {
    readonly source: string;
    /** `absent`: it knows whose it is, and she has no account. */
    readonly outcome: 'answered' | 'ambiguous' | 'absent' | 'unknown' | 'failed';
    readonly traces: readonly SourceTrace[];
    /** Whether this stage decided: later ones are not asked. */
    readonly decides: boolean;
    /** How it stands with its pepper, if it is an upstream that is followed. */
    readonly following: PepperFollowStatus | undefined;
    /** Whether it answers on the word of a directory, without knowing of an account. */
    readonly accountUnverified: boolean;
  }[];
  readonly mxid: Mxid | undefined;
}
