import type { SourcedEntry } from '../domain/directory/directory-entry.js';
import type { UserIdAssignment } from '../domain/deprovisioning/user-id-assignment.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/** What a sync did to people and to what they have here. */
export interface DeprovisioningResult {
  /** How many user IDs lost the person behind them, and how many have that person back. */
  readonly departed: number;
  readonly returned: number;
  /** How many bindings were suspended, and how many answer again. */
  readonly suspended: number;
  readonly resumed: number;
}

/**
 * Who is behind user IDs: which entries of which mirrors have them, and had them. Only of users who
 * have something here (bindings, access tokens), and of those whose entries a mirror has removed.
 */
export abstract class UserIdAssignmentStore {
  /** Everybody recorded of these user IDs, in the order of their `since`. Any number may be asked. */
  abstract find(mxids: readonly Mxid[]): Promise<readonly UserIdAssignment[]>;

  /**
   * Entries in the mirror of a source that are to be recorded and are not: their user has something
   * here, or somebody is recorded of that user. At most a thousand; none when all are recorded.
   */
  abstract missingAssignments(source: string): Promise<readonly SourcedEntry[]>;

  /**
   * Records holders; who is recorded stays as it is. Access tokens and accepted terms of their users
   * from before `since` end with it.
   */
  abstract add(assignments: readonly UserIdAssignment[]): Promise<void>;

  /** Gives every binding that is nobody's yet to the holder of its user ID; of several to the one who has had it longest. */
  abstract assignBindings(): Promise<void>;

  /**
   * How many holders of a source were there by its last `follow` and have no entry of theirs in its mirror
   * any more, while another entry there has their user ID.
   */
  abstract countReassigned(source: string): Promise<number>;

  /**
   * Compares the holders of a source with its mirror and does what follows, in one transaction: who
   * has no entry there left at `time` (ms since the epoch), and who has one again is back. Bindings are
   * suspended and resumed as `judge` says and the change feed is told. Access tokens of users whose
   * person is gone end, and where the name has had somebody else meanwhile, tokens and accepted terms
   * of that time. Who leaves is recorded with the addresses of the suspended bindings; who is back
   * with none.
   *
   * @param authoritativeSources the sources whose word counts
   */
  abstract reconcile(
    source: string,
    authoritativeSources: readonly string[],
    time: number,
  ): Promise<DeprovisioningResult>;

  /** Everybody recorded who has left, in pages. */
  abstract departed(): AsyncIterable<readonly UserIdAssignment[]>;

  /**
   * Settles what is recorded by sources that do not count of names that this source knows now. It
   * speaks for the same people itself: these are forgotten. Others are recorded as its own who left at
   * `time` (ms since the epoch), where it has somebody else under their name.
   */
  abstract takeOverFrom(source: string, authoritativeSources: readonly string[], time: number): Promise<void>;

  /** Forgets everybody of a source. */
  abstract forget(source: string): Promise<void>;
}
