import type { DirectoryEntry } from '../domain/directory.js';

export interface DirectoryPage {
  /** Which part of the directory it is from, e.g. the search base. Guards watch each part by itself. */
  readonly part: string;
  readonly entries: readonly DirectoryEntry[];
  /** What is odd about this part, which was read to its end and gave no entry: why that may not be the truth. */
  readonly remark?: string;
}

/** A source that can be read from end to end. */
export abstract class Directory {
  /** The name of the `ThreepidSource` it lists. */
  abstract readonly name: string;

  /**
   * Whether it makes user IDs out of names of its own, so that two entries with one user ID may be
   * two people, rather than knowing the user IDs themselves.
   */
  abstract readonly derivesNames: boolean;

  /** Every part, whether or not it has entries. */
  abstract readonly parts: readonly string[];

  /**
   * Reads everything, each entry once, page by page, no faster than pages are taken. Throws if it cannot be read to
   * its end: then nothing that was yielded counts.
   */
  abstract list(): AsyncIterable<DirectoryPage>;
}
