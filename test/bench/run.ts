import { writeFile } from 'node:fs/promises';
import { benchDurability } from './durability.js';
import { benchHttp } from './http.js';
import { benchMillion } from './million.js';
import { benchQueue } from './queue.js';
import { benchSync } from './sync.js';

// Measures the built server on this machine and prints figures of one run: trust the ratios.
const { measureHashIndex } = (await import(new URL('hash-index.mjs', import.meta.url).href)) as {
  measureHashIndex: () => Promise<object>;
};
const { measurePepper } = (await import(new URL('pepper.mjs', import.meta.url).href)) as {
  measurePepper: () => Promise<object>;
};
const { measureNameIndex } = (await import(new URL('name-index.mjs', import.meta.url).href)) as {
  measureNameIndex: () => Promise<object>;
};
const benches = {
  http: () => benchHttp(),
  sync: () => benchSync(),
  million: () => benchMillion(),
  durability: () => benchDurability(),
  queue: () => benchQueue(),
  index: () => measureHashIndex(),
  pepper: () => measurePepper(),
  search: () => measureNameIndex(),
};
const wanted = process.argv.slice(2);
const results: Record<string, object> = {};
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring: ${name}\n`);
  results[name] = await bench();
  process.stdout.write(`${name}\n${lines(results[name]).join('\n')}\n`);
}
await writeFile('bench.json', `${JSON.stringify(results, undefined, 2)}\n`);
process.stderr.write('written to bench.json\n');

function lines(figures: object, indent = '  '): readonly string[] {
  return Object.entries(figures).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? [`${indent}${name}`, ...lines(value, `${indent}  `)]
      : [`${indent}${name.padEnd(32 - indent.length)} ${typeof value === 'number' ? round(value) : String(value)}`],
  );
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 0);
}
