import type { Claim } from '../../domain/directory.js';
import { lookupHashes } from '../../domain/hashing.js';
import type { Mxid } from '../../domain/mxid.js';

/** What a table holds: a claim has one of these for its address and one for its alias. */
export interface Entry {
  readonly hash: string;
  readonly mxid: Mxid;
  readonly isShared: boolean;
  readonly isAlias: boolean;
}

export const entriesOf = ({ threepid, mxid, isShared }: Claim, pepper: string): readonly Entry[] =>
  lookupHashes(threepid, pepper).map((hash, i) => ({ hash, mxid, isShared: isShared === true, isAlias: i > 0 }));
