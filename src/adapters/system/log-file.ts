import { appendFileSync, closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';

/** A file that lines are added to. Each is written before the call returns, so none is lost when the process ends. */
export class LogFile extends Writable {
  private descriptor: number;

  /** @throws if the file cannot be opened */
  constructor(private readonly path: string) {
    super();
    this.descriptor = open(path);
  }

  /**
   * Goes on in a file of the same name after the old one was moved away.
   *
   * @throws if that cannot be opened; then the old one is kept
   */
  reopen(): void {
    const next = open(this.path);
    closeSync(this.descriptor);
    this.descriptor = next;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      appendFileSync(this.descriptor, chunk);
    } catch {
      // A full disk must not end the service, and there is nowhere left to say so.
    }
    done();
  }

  override _final(done: () => void): void {
    closeSync(this.descriptor);
    done();
  }
}

const open = (path: string): number => openSync(path, 'a', 0o640);
