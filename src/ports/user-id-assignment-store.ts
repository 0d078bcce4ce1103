import type { SourcedEntry } from '../domain/directory/directory-entry.js';
import type { UserIdAssignment } from '../domain/deprovisioning/user-id-assignment.js';
import type { Mxid } from '../domain/identifiers/mxid.js';

/** The effects of a sync on people and their data on this server. */
export interface DeprovisioningResult {
  /** How many user IDs lost their person, and how many have that person back. */
  readonly departed: number;
  readonly returned: number;
  /** How many bindings were suspended, and how many were resumed. */
  readonly suspended: number;
  readonly resumed: number;
}

/**
 * The people behind user IDs: which entries of which mirrors have them, or had them. Recorded only for users who have
 * data on this server (bindings, access tokens), and for those whose entries were removed from a mirror.
 */
export abstract class UserIdAssignmentStore {
  /** All recorded assignments of these user IDs, sorted by `since`. Any number may be given. */
  abstract find(mxids: readonly Mxid[]): Promise<readonly UserIdAssignment[]>;

  /**
   * Entries in the mirror of a source whose assignments must be recorded but are not: their user has data on this
   * server, or an assignment of that user ID is recorded. At most a thousand; none when all are recorded.
   */
  abstract missingAssignments(source: string): Promise<readonly SourcedEntry[]>;

  /**
   * Records assignments; existing ones are not changed. Access tokens and accepted terms of their users from before
   * `since` are removed in the same step.
   */
  abstract add(assignments: readonly UserIdAssignment[]): Promise<void>;

  /**
   * Assigns every binding without a person to the holder of its user ID; of several holders, to the one who has had it
   * longest.
   */
  abstract assignBindings(): Promise<void>;

  /**
   * How many holders of a source were active after its last `reconcile` and have no entry in its mirror any more, while
   * another entry of the mirror has their user ID.
   */
  abstract countReassigned(source: string): Promise<number>;

  /**
   * Compares the holders of a source with its mirror and applies the consequences, in one transaction. A holder whose
   * entry is missing left at `time` (ms since the epoch); a holder whose entry is present again is back. Bindings are
   * suspended and resumed as `planSuspensions` decides, with changes written to the change feed. Access tokens of users
   * whose person has left are removed. If the user ID belonged to another person in the meantime, tokens and accepted
   * terms of that period are removed. A person who leaves is recorded with the addresses of the suspended bindings; a
   * person who is back is recorded with none.
   *
   * @param authoritativeSources the sources whose entries decide
   */
  abstract reconcile(
    source: string,
    authoritativeSources: readonly string[],
    time: number,
  ): Promise<DeprovisioningResult>;

  /** All assignments of people who have left, in pages. */
  abstract departed(): AsyncIterable<readonly UserIdAssignment[]>;

  /**
   * Resolves the assignments of non-authoritative sources to user IDs that this source now has. If this source has the
   * same person, the old assignment is removed. If it has another person under the user ID, the old assignment is
   * recorded as its own, with the person having left at `time` (ms since the epoch).
   */
  abstract takeOverFrom(source: string, authoritativeSources: readonly string[], time: number): Promise<void>;

  /**
   * Removes everything that is stored about these people who left before `time` (ms since the epoch): their
   * assignments, suspended bindings and, if nobody else has the user ID, accepted terms. A person is kept completely if
   * another of their entries is present or left later, if their user has access tokens, or if a binding of the user ID
   * is active or belongs to nobody known.
   *
   * @returns how many assignments and how many bindings were removed
   */
  abstract removeDeparted(
    assignments: readonly UserIdAssignment[],
    time: number,
  ): Promise<{ readonly people: number; readonly bindings: number }>;

  /** Removes all assignments of a source. */
  abstract forget(source: string): Promise<void>;
}
