import { elementAt, expectAt, INTEGER, SEQUENCE } from './ber.js';

/** RFC 4511, 4.5.2. */
const SEARCH_RESULT_ENTRY = 0x64;

/** More than ten times the size of an entry with very many addresses. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Splits the received bytes into messages and sorts them: search result entries are parsed by Islet, all others go to
 * the library. RFC 4511, 4.1.1.
 */
export class MessageFramer {
  private chunks: Buffer[] = [];
  private size = 0;
  /** Number of bytes required before parsing continues. */
  private needed = 1;

  /**
   * @param onEntry receives the content of a `SearchResultEntry`
   * @param onOther receives a whole message
   */
  constructor(
    private readonly onEntry: (content: Buffer) => void,
    private readonly onOther: (message: Buffer) => void,
  ) {}

  /** Whether there is no incomplete message. */
  get isComplete(): boolean {
    return this.size === 0;
  }

  /** @throws Error if the data is not an LDAP message, or the message is too long */
  take(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return;
    const bytes = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    const rest = bytes.subarray(this.messagesOf(bytes));
    this.chunks = rest.length > 0 ? [rest] : [];
    this.size = rest.length;
  }

  /** Handles the complete messages. @returns where the rest begins */
  private messagesOf(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      const message = elementAt(bytes, at);
      if (message && message.tag !== SEQUENCE) throw new Error('bytes that are not an LDAP message');
      const length = message ? message.end - at : bytes.length - at + 1;
      if (length > MOST_BYTES) throw new Error(`a message that is too large (${length} bytes)`);
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
