import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks questions interactively. */
export interface Prompt {
  /** The typed answer; `''` if only Enter was pressed. */
  ask(question: string): Promise<string>;
  /** Like `ask`, without echoing the answer. */
  askSecret(question: string): Promise<string>;
  close(): void;
}

/**
 * Prompts on a terminal. Typing ahead of the questions is possible. Questions reject with an `AbortError` after
 * Ctrl-C or the end of the input.
 */
export function terminalPrompt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Prompt {
  let isSilent = false;
  const shown = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isSilent) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: shown, terminal: true });
  const typed: string[] = [];
  let waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  let isGone = false;
  lines.on('line', (line) => {
    if (waiting) waiting.resolve(line);
    else typed.push(line);
    waiting = undefined;
  });
  lines.on('SIGINT', () => lines.close());
  lines.once('close', () => {
    isGone = true;
    waiting?.reject(gone());
  });

  const ask = (question: string): Promise<string> => {
    const line = typed.shift();
    if (line !== undefined) {
      output.write(`${question}\n`);
      return Promise.resolve(line);
    }
    if (isGone) return Promise.reject(gone());
    lines.setPrompt(question);
    lines.prompt();
    return new Promise((resolve, reject) => (waiting = { resolve, reject }));
  };
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

const gone = (): Error =>
  Object.assign(new Error('the terminal was closed before the question was answered'), { name: 'AbortError' });
