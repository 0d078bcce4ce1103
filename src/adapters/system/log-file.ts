import { appendFileSync, closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';

/**
 * A file to which lines are appended. Each line is written before the call returns, so that none is lost when the
 * process ends.
 */
export class LogFile extends Writable {
  private descriptor: number;

  /** @throws if the file cannot be opened */
  constructor(private readonly path: string) {
    super();
    this.descriptor = open(path);
  }

  /**
   * Opens a file of the same name again after the old one was renamed.
   *
   * @throws if the file cannot be opened; the old one is then kept
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
      // A full disk must not stop the service, and the error cannot be logged.
    }
    done();
  }

  override _final(done: () => void): void {
    closeSync(this.descriptor);
    done();
  }
}

const open = (path: string): number => openSync(path, 'a', 0o640);
