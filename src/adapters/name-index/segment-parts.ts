/** The data of a segment, for transfer to another thread. */
export interface SegmentParts {
  /** The words sorted by their bytes, concatenated. */
  readonly words: Uint8Array<ArrayBuffer>;
  /** The start of each word, and the end of the last one. */
  readonly wordStarts: Uint32Array<ArrayBuffer>;
  /** The people who have each word, concatenated: their numbers times 2, plus 1 where it is a word of the name. */
  readonly postings: Uint32Array<ArrayBuffer>;
  readonly postingStarts: Uint32Array<ArrayBuffer>;
  /** The word numbers of each person, times 2, plus 1 for words of the name, which come first and in their order. */
  readonly personWords: Uint32Array<ArrayBuffer>;
  readonly personWordStarts: Uint32Array<ArrayBuffer>;
  /** For each person: the number of the source, the length of the user ID, the user ID, the name. */
  readonly texts: Uint8Array<ArrayBuffer>;
  readonly textStarts: Uint32Array<ArrayBuffer>;
  /**
   * People by user ID: open addressing with linear probing. Contains the number of a person plus 1, or 0 in a free
   * slot.
   */
  readonly slots: Uint32Array<ArrayBuffer>;
  readonly sources: readonly string[];
}

/** The first slot to check for a user ID, by FNV-1a. */
export function homeSlot(mxid: string, slots: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < mxid.length; at++) hash = Math.imul(hash ^ mxid.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % slots;
}

export const EMPTY: SegmentParts = {
  words: new Uint8Array(),
  wordStarts: new Uint32Array(1),
  postings: new Uint32Array(),
  postingStarts: new Uint32Array(1),
  personWords: new Uint32Array(),
  personWordStarts: new Uint32Array(1),
  texts: new Uint8Array(),
  textStarts: new Uint32Array(1),
  slots: new Uint32Array(1),
  sources: [],
};
