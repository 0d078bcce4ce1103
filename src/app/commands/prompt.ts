import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Somebody who can be asked. */
export interface Prompt {
  /** What was typed, `''` for a mere return. */
  ask(question: string): Promise<string>;
  /** The same, without showing what is typed. */
  askSecret(question: string): Promise<string>;
  close(): void;
}

/** The person at a terminal. @throws AbortError if they press Ctrl-C or end the input */
export function terminalPrompt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Prompt {
  let isSilent = false;
  const shown = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isSilent) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: shown, terminal: true });
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  lines.on('SIGINT', () => lines.close());
  const ask = (question: string) => lines.question(question, { signal: gone.signal });
  return {
    ask,
    async askSecret(question) {
      const answer = ask(question);
      isSilent = true;
      try {
        return await answer;
      } finally {
        isSilent = false;
        output.write('\n');
      }
    },
    close: () => lines.close(),
  };
}
