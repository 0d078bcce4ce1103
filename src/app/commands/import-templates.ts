import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkTemplates } from '../../adapters/messaging/template-check.js';
import { Templates } from '../../adapters/messaging/templates.js';
import type { TranslatedTemplates } from './importing/templates/translated-templates.js';

/**
 * Writes translated templates into a new folder and renders each of them.
 *
 * @param name the name of the service in texts
 * @returns the problems, one line each
 */
export async function writeTemplates(
  templates: TranslatedTemplates,
  directory: string,
  name: string,
): Promise<readonly string[]> {
  for (const [path, content] of templates.finish(name)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content, { flag: 'wx' });
  }
  return checkTemplates(new Templates({ directory, brand: 'islet', language: 'en', serverName: name }));
}
