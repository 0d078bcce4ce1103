import type { Claim } from '../../domain/associations/claim.js';
import { lookupHashes } from '../../domain/identifiers/lookup-hash.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';

/** An entry of a table: a claim has one for its address and one for its alias. */
export interface Entry {
  readonly hash: string;
  readonly mxid: Mxid;
  readonly isCollision: boolean;
  readonly isAlias: boolean;
}

export const entriesOf = ({ threepid, mxid, isCollision }: Claim, pepper: string): readonly Entry[] =>
  lookupHashes(threepid, pepper).map((hash, i) => ({ hash, mxid, isCollision: isCollision === true, isAlias: i > 0 }));
