import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { lineText, type Line } from './lines.js';

/** The parts: a description with the approximate duration, and how to load it. */
const parts: Readonly<Record<string, readonly [what: string, load: () => Promise<() => Promise<object>>]>> = {
  http: [
    'requests beside a bare Express server, version 1 beside the former build, memory (5 minutes)',
    async () => (await import('./http.js')).benchHttp,
  ],
  stored: [
    'lookups among a thousand to a million stored addresses (6 minutes)',
    async () => (await import('./stored.js')).benchStored,
  ],
  live: [
    'lookups in clear over LDAP, beside the same searches of ldapjs (1 minute)',
    async () => (await import('./live-lookups.js')).benchLiveLookups,
  ],
  writes: [
    'requestToken beside nodemailer, bind beside Knex (2 minutes)',
    async () => (await import('./writes.js')).benchWrites,
  ],
  commands: ['what commands take to start (1 minute)', async () => (await import('./start.js')).benchCommands],
  start: [
    'the first answer with a million stored addresses, beside the former build (4 minutes)',
    async () => (await import('./start.js')).benchFirstAnswer,
  ],
  workers: [
    '`islet serve --workers 2` beside one process, on PostgreSQL (6 minutes)',
    async () => (await import('./workers.js')).benchWorkers,
  ],
  sync: ['listing a directory of 100,000 people', async () => (await import('./sync.js')).benchSync],
  million: [
    'a million addresses in a mirror: memory, rotation',
    async () => (await import('./million.js')).benchMillion,
  ],
  durability: [
    'what waiting for the disk costs on SQLite',
    async () => (await import('./durability.js')).benchDurability,
  ],
  queue: ['how late jobs are behind a thousand others', async () => (await import('./queue.js')).benchQueue],
  index: ['the hash index alone', async () => (await script('hash-index.mjs'))['measureHashIndex']!],
  pepper: ['a new pepper', async () => (await script('pepper.mjs'))['measurePepper']!],
  search: [
    'people found by name, beside full-text search of SQLite',
    async () => (await script('name-index.mjs'))['measureNameIndex']!,
  ],
};
const FILE = 'bench.json';
const HELP = `npm run bench [-- PART…]: measures the built server on this machine, all parts or those that are named.
Prints each promise with its target, "reached" or "missed", and adds the figures to ${FILE}.

Parts:
${Object.entries(parts)
  .map(([name, [description]]) => `  ${name.padEnd(11)} ${description}`)
  .join('\n')}

Options:
  --docs      writes the table and the pictures of docs/topics/performance.md from ${FILE}, and measures nothing
  --help      prints this text
`;

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(parts, name) && name !== '--docs');
if (wanted.includes('--help') || wanted.includes('-h')) process.stdout.write(HELP);
else if (unknown !== undefined) {
  process.stderr.write(`There is no part "${unknown}".\n\n${HELP}`);
  process.exitCode = 2;
} else if (wanted.includes('--docs')) {
  const { writeDocs } = await import('./docs.js');
  await writeDocs(JSON.parse(await readFile(FILE, 'utf8')) as Results);
} else await measure(wanted);

/** The figures of each part and the conditions of the measurement, as in `bench.json`. */
export type Results = Readonly<
  Record<string, { readonly at: string; readonly load: number; readonly figures: { readonly lines?: readonly Line[] } }>
>;

async function measure(names: readonly string[]): Promise<void> {
  const results: Record<string, object> = await readFile(FILE, 'utf8').then(
    (text) => JSON.parse(text) as Record<string, object>,
    () => ({}),
  );
  const lines: Line[] = [];
  for (const [name, [, load]] of Object.entries(parts)) {
    if (names.length > 0 && !names.includes(name)) continue;
    process.stderr.write(`measuring: ${name}\n`);
    const bench = await load();
    const figures: { lines?: readonly Line[] } = await bench();
    const { lines: promised = [], ...rest } = figures;
    results[name] = { at: new Date().toISOString(), node: process.version, load: loadavg()[1], figures };
    process.stdout.write(`${name}\n${figureLines(rest).join('\n')}\n`);
    lines.push(...promised);
    await writeFile(FILE, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  process.stdout.write(lines.map((line) => `${lineText(line)}\n`).join(''));
  process.stderr.write(`written to ${FILE}\n`);
  await (await import('../support/services.js')).stopServices();
}

async function script(name: string): Promise<Record<string, () => Promise<object>>> {
  return (await import(new URL(name, import.meta.url).href)) as Record<string, () => Promise<object>>;
}

function figureLines(figures: object, indent = '  '): readonly string[] {
  return Object.entries(figures).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? [`${indent}${name}`, ...figureLines(value, `${indent}  `)]
      : [`${indent}${name.padEnd(32 - indent.length)} ${typeof value === 'number' ? round(value) : String(value)}`],
  );
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 0);
}
