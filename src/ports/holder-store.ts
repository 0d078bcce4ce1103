import type { SourcedEntry } from '../domain/directory.js';
import type { Holder } from '../domain/holder.js';
import type { Mxid } from '../domain/mxid.js';

/** What a sync did to people and to what they have here. */
export interface Departures {
  /** How many user IDs lost the person behind them, and how many have that person back. */
  readonly left: number;
  readonly returned: number;
  /** How many bindings were suspended, and how many answer again. */
  readonly suspended: number;
  readonly resumed: number;
}

/**
 * Who is behind user IDs: which entries of which mirrors have them, and had them. Only of users who
 * have something here (bindings, access tokens), and of those whose entries a mirror has removed.
 */
export abstract class HolderStore {
  /** Everybody recorded of these user IDs, in the order of their `since`. Any number may be asked. */
  abstract find(mxids: readonly Mxid[]): Promise<readonly Holder[]>;

  /**
   * Entries in the mirror of a source that are to be recorded and are not: their user has something
   * here, or somebody is recorded of that user. At most a thousand; none when all are recorded.
   */
  abstract unrecorded(source: string): Promise<readonly SourcedEntry[]>;

  /**
   * Records holders; who is recorded stays as it is. Access tokens and accepted terms of their users
   * from before `since` end with it.
   */
  abstract add(holders: readonly Holder[]): Promise<void>;

  /** Gives every binding that is nobody's yet to the holder of its user ID; of several to the one who has had it longest. */
  abstract attach(): Promise<void>;

  /**
   * How many holders of a source were there by its last `follow` and have no entry of theirs in its mirror
   * any more, while another entry there has their user ID.
   */
  abstract succession(source: string): Promise<number>;

  /**
   * Compares the holders of a source with its mirror and does what follows, in one transaction: who
   * has no entry there left at `time` (ms since the epoch), and who has one again is back. Bindings are
   * suspended and resumed as `judge` says and the change feed is told. Access tokens of users whose
   * person is gone end, and where the name has had somebody else meanwhile, tokens and accepted terms
   * of that time. Who leaves is recorded with the addresses of the suspended bindings; who is back
   * with none.
   *
   * @param counting the sources whose word counts
   */
  abstract follow(source: string, counting: readonly string[], time: number): Promise<Departures>;

  /** Everybody recorded who has left, in pages. */
  abstract left(): AsyncIterable<readonly Holder[]>;

  /**
   * Settles what is recorded by sources that do not count of names that this source knows now. It
   * speaks for the same people itself: these are forgotten. Others are recorded as its own who left at
   * `time` (ms since the epoch), where it has somebody else under their name.
   */
  abstract replace(source: string, counting: readonly string[], time: number): Promise<void>;

  /** Forgets everybody of a source. */
  abstract forget(source: string): Promise<void>;
}
