import { printableJson } from '../../domain/shared/printable.js';
import type { Facts } from '../../ports/telemetry.js';
import type { ErrorReport } from './error-report.js';

export interface LogEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly facts: Facts;
  readonly cause?: ErrorReport;
}

/** One JSON object per line. Names of the entry take precedence over those of the facts. */
export const jsonLine = ({ time, level, message, facts, cause }: LogEntry): string =>
  printableJson({ time, level, message, ...omitReserved(facts), cause }, 0);

const RESERVED: readonly string[] = ['time', 'level', 'message', 'cause'];
const omitReserved = (facts: Facts): Facts =>
  RESERVED.some((name) => name in facts)
    ? Object.fromEntries(Object.entries(facts).filter(([name]) => !RESERVED.includes(name)))
    : facts;

const DIM = '\u001b[2m';
const YELLOW = '\u001b[33m';
const RED = '\u001b[31m';
const PLAIN = '\u001b[0m';
const COLOURS: Readonly<Record<string, string>> = { debug: DIM, warn: YELLOW, error: RED };
const MOST_FRAMES = 6;

/**
 * For terminals: one line without the event name, followed by the chain of causes with the location of the last one.
 */
export function prettyLine({ time, level, message, facts, cause }: LogEntry, hasColour: boolean): string {
  const colorize = (colour: string, text: string) => (hasColour ? `${colour}${text}${PLAIN}` : text);
  const words = Object.entries(facts).flatMap(([name, fact]) =>
    fact === undefined || name === 'event'
      ? []
      : [colorize(DIM, `${name}=${typeof fact === 'string' ? quoted(fact) : fact}`)],
  );
  const head = [
    colorize(DIM, time.slice(0, 19).replace('T', ' ')),
    colorize(COLOURS[level] ?? PLAIN, level.padEnd(5)),
    oneLine(message),
    ...words,
  ].join('  ');
  return [head, ...(cause ? causeLines(cause, '  because ') : []).map((line) => colorize(DIM, line))].join('\n');
}

function causeLines(report: ErrorReport, lead: string): string[] {
  const { name, message, code, stack, cause, errors = [] } = report;
  const tag = code === undefined || message.includes(String(code)) ? '' : ` (${code})`;
  const below = [...(cause ? [cause] : []), ...errors].flatMap((nested) => causeLines(nested, `  ${lead}`));
  const frames = below.length > 0 ? [] : framesOf(stack).map((frame) => `${' '.repeat(lead.length)}${frame}`);
  return [`${lead}${name}: ${oneLine(message)}${tag}`, ...below, ...frames];
}

const framesOf = (stack = ''): string[] =>
  stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, MOST_FRAMES)
    .map((line) => line.trim());

const quoted = (text: string): string => (/^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text));

/** Text from outside must not start a new line or contain terminal control characters. */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029]/gu, (character) => JSON.stringify(character).slice(1, -1))
    .replaceAll('\u007f', '');
