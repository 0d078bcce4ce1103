import { elementAt, expectAt, INTEGER, SEQUENCE } from './ber.js';

/** RFC 4511, 4.5.2. */
const SEARCH_RESULT_ENTRY = 0x64;

/** An entry with a great many addresses is not a tenth of it. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Cuts what a server sends into messages and sorts them: entries of search results are many and
 * simple, the others are for the library. RFC 4511, 4.1.1.
 */
export class MessageFramer {
  private chunks: Buffer[] = [];
  private size = 0;
  /** So many bytes have to be there before it is worth looking at them. */
  private needed = 1;

  /**
   * @param onEntry given the content of a `SearchResultEntry`
   * @param onOther given a whole message
   */
  constructor(
    private readonly onEntry: (content: Buffer) => void,
    private readonly onOther: (message: Buffer) => void,
  ) {}

  /** Whether every message has come to its end. */
  get isComplete(): boolean {
    return this.size === 0;
  }

  /** @throws Error for what is no LDAP message, or too long for one */
  take(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return;
    const bytes = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    const rest = bytes.subarray(this.messagesOf(bytes));
    this.chunks = rest.length > 0 ? [rest] : [];
    this.size = rest.length;
  }

  /** Where what is left begins. */
  private messagesOf(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      const message = elementAt(bytes, at);
      if (message && message.tag !== SEQUENCE) throw new Error('bytes that are no LDAP message');
      const length = message ? message.end - at : bytes.length - at + 1;
      if (length > MOST_BYTES) throw new Error(`a message of ${length} bytes`);
      this.needed = length;
      if (!message || message.end > bytes.length) return at;
      const id = expectAt(bytes, message.start, INTEGER, message.end);
      if (bytes[id.end] === SEARCH_RESULT_ENTRY) {
        const { start, end } = expectAt(bytes, id.end, SEARCH_RESULT_ENTRY, message.end);
        this.onEntry(bytes.subarray(start, end));
      } else {
        this.onOther(bytes.subarray(at, message.end));
      }
      at = message.end;
    }
  }
}
