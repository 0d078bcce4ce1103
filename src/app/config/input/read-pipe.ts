import { closeSync, constants, openSync, readSync } from 'node:fs';

const LIMIT_MS = 5_000;
const PAUSE_MS = 10;

/**
 * Reads a named pipe, or the shell's `<(…)`, until the writer closes it.
 *
 * @throws an error with the code `ETIMEDOUT` if there is no writer: opening the pipe would wait forever
 */
export function readPipe(file: string, limitMs = LIMIT_MS): Buffer {
  const pipe = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    for (let waited = 0; waited < limitMs; ) {
      const chunk = readNow(pipe);
      if (chunk?.length) chunks.push(chunk);
      else if (chunk && chunks.length > 0) return Buffer.concat(chunks);
      else {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
        waited += PAUSE_MS;
      }
    }
    throw Object.assign(new Error('no process writes to the pipe'), { code: 'ETIMEDOUT' });
  } finally {
    closeSync(pipe);
  }
}

/** Empty if there is no writer (any more); `undefined` if a writer exists but has not written yet. */
function readNow(pipe: number): Buffer | undefined {
  const chunk = Buffer.alloc(4096);
  try {
    return chunk.subarray(0, readSync(pipe, chunk));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    return undefined;
  }
}
