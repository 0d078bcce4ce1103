import type { Mxid } from '../../domain/identifiers/mxid.js';

/** Few large chunks: each is several objects that a read passes through. */
const CHUNK_BITS = 21;
const CHUNK_BYTES = 2 ** CHUNK_BITS;
/** The first chunk begins small and doubles: most sources are small, and each has a pool for each pepper. */
const FIRST_BYTES = 2 ** 12;
const MAX_BYTES = 2 ** 30;
const MAX_NAME_BYTES = 255;
const MAX_USES = 255;
const USUAL_BYTES = 40;

/** The data of a `NamePool`, for transfer to another thread. */
export interface NamePoolParts {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly end: number;
}

/**
 * User names by place, a number between 1 and 2^30. A name that is added several times in a row is stored once. Format:
 * reference count, length, UTF-8 bytes.
 */
export class NamePool {
  private readonly chunks: Buffer<ArrayBuffer>[];
  private end: number;
  private last = { mxid: '', place: 0 };
  /** Free places, by the length of the name that was stored there. */
  private readonly free: number[][] = [];

  constructor({ chunks, end }: NamePoolParts = { chunks: [], end: 1 }) {
    this.chunks = chunks.map(({ buffer }) => Buffer.from(buffer));
    this.end = end;
  }

  /** @throws RangeError for a name above 255 bytes, and if 1 GiB is full */
  add(mxid: Mxid): number {
    if (mxid === this.last.mxid) {
      const [chunk, at] = this.locate(this.last.place);
      if (chunk[at]! < MAX_USES) {
        chunk[at]! += 1;
        return this.last.place;
      }
    }
    const length = Buffer.byteLength(mxid);
    if (length > MAX_NAME_BYTES) throw new RangeError('A user ID is longer than 255 bytes');
    const place = this.free[length]?.pop() ?? this.append(length);
    const [chunk, at] = this.locate(place);
    chunk[at] = 1;
    chunk[at + 1] = length;
    chunk.write(mxid, at + 2);
    this.last = { mxid, place };
    return place;
  }

  get(place: number): Mxid {
    const [chunk, at] = this.locate(place);
    return chunk.toString('utf8', at + 2, at + 2 + chunk[at + 1]!) as Mxid;
  }

  /** Reads from both ends of a usual name, so that the processor has it when `get` follows. @returns any number */
  touch(place: number): number {
    const [chunk, at] = [this.chunks[place >>> CHUNK_BITS]!, place & (CHUNK_BYTES - 1)];
    return chunk[at]! ^ (chunk[at + USUAL_BYTES] ?? 0);
  }

  /** Reverts one `add` that returned this place. */
  remove(place: number): void {
    const [chunk, at] = this.locate(place);
    chunk[at]! -= 1;
    if (chunk[at] !== 0) return;
    (this.free[chunk[at + 1]!] ??= []).push(place);
    if (place === this.last.place) this.last = { mxid: '', place: 0 };
  }

  get bytes(): number {
    return this.end;
  }

  get parts(): NamePoolParts {
    return { chunks: this.chunks, end: this.end };
  }

  private append(length: number): number {
    const bytes = 2 + length;
    if ((this.end % CHUNK_BYTES) + bytes > CHUNK_BYTES) this.end = Math.ceil(this.end / CHUNK_BYTES) * CHUNK_BYTES;
    const place = this.end;
    if (place + bytes > MAX_BYTES) throw new RangeError('The user IDs of a source need more than 1 GiB');
    this.end += bytes;
    this.allocate(place >>> CHUNK_BITS, ((this.end - 1) & (CHUNK_BYTES - 1)) + 1);
    return place;
  }

  private allocate(number: number, bytes: number): void {
    const chunk = this.chunks[number];
    if (chunk && chunk.length >= bytes) return;
    let size = number === 0 ? (chunk?.length ?? FIRST_BYTES) : CHUNK_BYTES;
    while (size < bytes) size *= 2;
    const larger = Buffer.from(new ArrayBuffer(size));
    if (chunk) larger.set(chunk);
    this.chunks[number] = larger;
  }

  private locate(place: number): readonly [chunk: Buffer, at: number] {
    return [this.chunks[place >>> CHUNK_BITS]!, place & (CHUNK_BYTES - 1)];
  }
}
