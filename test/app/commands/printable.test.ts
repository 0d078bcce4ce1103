import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { jsonLine } from '../../../src/adapters/system/log-lines.js';
import type { AdminClient } from '../../../src/app/commands/admin-client.js';
import { lookup } from '../../../src/app/commands/lookup.js';
import { listBindings, listInvites } from '../../../src/app/commands/operations.js';
import { sync } from '../../../src/app/commands/sync.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';
import { escapeFinished, printable, printableJson } from '../../../src/domain/shared/printable.js';

/** Clears the screen and forges a line, also with control characters of ISO 8859, and in property names. */
const hostile = '\u001b[2J\u001b[31mroot\nadmin\u009b2J\u202e\u007f';
const threepid = { medium: 'email', address: `a@${hostile}` };
const mxid = `@${hostile}:evil.example`;
const invite = { token: hostile, threepid, roomId: `!${hostile}`, sender: mxid, createdAt: 0 };
const sample = { count: 1, shown: [hostile] };
const access = {
  invites: async () => [invite],
  bindings: async () => [{ threepid, mxid, boundAt: 0, notBefore: 0, notAfter: 0 }],
  explain: async () => ({
    threepid,
    at: 0,
    mxid,
    sources: [
      { source: hostile, outcome: 'failed', traces: [{ via: 'live', failure: hostile, tookMs: 1, notes: [hostile] }] },
    ],
  }),
  mirrors: async () => [hostile],
  sync: async () => ({
    source: hostile,
    isApplied: true,
    isFull: true,
    bases: { [hostile]: 1 },
    warnings: [hostile],
    added: sample,
    changed: sample,
    removed: sample,
    people: { count: 0, shown: [] },
    skipped: { count: 1, shown: [{ label: hostile, reasons: [hostile] }] },
    shared: { count: 1, shown: [{ mxid, labels: [hostile] }] },
    tookMs: 1,
  }),
} as unknown as AdminClient;

const commands = {
  invites: (output: Output) => listInvites(access, output),
  bindings: (output: Output) => listBindings(access, undefined, false, output),
  lookup: (output: Output) => lookup(access, 'a@example.org', output),
  sync: (output: Output) =>
    sync(access, {
      source: undefined,
      isDryRun: false,
      isForced: false,
      isIncremental: false,
      onProgress: () => undefined,
      ...output,
    }),
};
interface Output {
  readonly isJson: boolean;
  readonly style: typeof plainStyle;
  readonly print: (text: string) => void;
}

describe('text from outside', () => {
  it.each(Object.entries(commands).flatMap(([name, run]) => [false, true].map((isJson) => ({ name, run, isJson }))))(
    'has no effect on the terminal of `islet $name`, JSON: $isJson',
    async ({ run, isJson }) => {
      const lines: string[] = [];
      await run({ isJson, style: plainStyle, print: (text) => void lines.push(text) });
      // oxlint-disable-next-line no-control-regex -- these are what must not be printed
      expect(lines.join('\n')).not.toMatch(/[\0-\t\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
      expect(lines.join('\n')).not.toMatch(/^admin/m);
      expect(lines.join('\n')).toContain('\\u001b[31mroot');
    },
  );

  it('is the same value in JSON', () => {
    const value = { [hostile]: [hostile, { a: `${hostile}"\\` }] };
    expect(JSON.parse(printableJson(value))).toEqual(value);
  });

  it('is escaped at any depth, and nothing else is', () => {
    expect(printable({ a: ['é😀 \u001b'], b: 1, c: undefined, d: null })).toEqual({
      a: ['é😀 \\u001b'],
      b: 1,
      c: undefined,
      d: null,
    });
  });

  it('is escaped again in the output stream, which keeps line breaks and colours of Islet', () => {
    expect(escapeFinished('\u001b[31mred\u001b[39m\n\u001b[2J\r\u009b')).toBe(
      '\u001b[31mred\u001b[39m\n\\u001b[2J\\u000d\\u009b',
    );
  });

  it('has no effect in a line of the log, and keeps its value', () => {
    const line = jsonLine({ time: 't', level: 'warn', message: hostile, facts: { event: 'x', reason: hostile } });
    // oxlint-disable-next-line no-control-regex -- these are what must not be printed
    expect(line).not.toMatch(/[\0-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
    expect(JSON.parse(line)).toEqual({ time: 't', level: 'warn', message: hostile, event: 'x', reason: hostile });
  });

  it('reaches a terminal only through the output stream, the log, and the listed files', async () => {
    const root = new URL('../../../src/', import.meta.url);
    const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const writers = await Promise.all(
      names.map(async (name) => {
        const text = await readFile(new URL(name, root), 'utf8');
        return /process\.std(?:out|err)\b(?!\.isTTY)|\bconsole\.\w+\(/.test(text) ? [name.replaceAll('\\', '/')] : [];
      }),
    );
    expect(writers.flat().sort()).toEqual([
      'adapters/sources/open-source.ts', // the name of a source of the configuration
      'adapters/system/log-telemetry.ts', // the log, which escapes its values
      'app/cli.ts', // the version of Node.js
      'app/cli/program.ts', // the output stream that escapes everything
      'app/commands/import-commands.ts', // the progress of an import: numbers and fixed texts
      'app/commands/upstream-commands.ts', // gives the terminal to the prompt
      'app/wiring/open-senders.ts', // text messages with fixed texts
    ]);
  });

  it('is converted to JSON by one function in all commands', async () => {
    const folder = new URL('../../../src/app/commands/', import.meta.url);
    const sources = await Promise.all(
      (await readdir(folder, { recursive: true }))
        .filter((name) => name.endsWith('.ts'))
        .map(async (name) => ({ name, text: await readFile(new URL(name, folder), 'utf8') })),
    );
    const unescaped = sources.flatMap(({ name, text }) => (text.includes('JSON.stringify(') ? name : []));
    expect(unescaped).toEqual([]);
  });
});
