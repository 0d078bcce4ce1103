import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The shell commands of a page, from its blocks ```` ```sh LABEL ````.
 *
 * @param page path below `docs`
 * @throws if the page has no such block
 */
export function commandsOf(page: string, label: string): string {
  const text = readFileSync(join(import.meta.dirname, '../../../docs', page), 'utf8');
  const blocks = [...text.matchAll(/^```sh (\S+)\n([\s\S]*?)^```$/gm)].filter(([, found]) => found === label);
  if (blocks.length === 0) throw new Error(`docs/${page} has no block of commands called ${label}`);
  return blocks.map(([, , commands]) => commands).join('');
}
