import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { interpret } from '../config/config.js';
import { commentedYaml } from '../config/docs/example.js';
import { ConfigError } from '../config/errors/problems.js';
import { parseYaml } from '../config/input/yaml-file.js';
import { parseSydentConf, translateSydentConf } from './importing/sydent-config.js';
import { printable } from '../../domain/shared/printable.js';
import type { BackupSurroundings } from './backup.js';

/**
 * Writes a commented configuration file with the settings of a `sydent.conf`, and its secrets as separate files in
 * the same folder. Existing files are never overwritten.
 *
 * @returns the exit code: 0 if the file is written and valid, 1 otherwise
 */
export async function importSydentConf(
  conf: string,
  { output: given, dataDir }: { readonly output: string; readonly dataDir?: string | undefined },
  { print, paint, cwd }: BackupSurroundings,
): Promise<number> {
  const output = resolve(cwd, given);
  const source = resolve(cwd, conf);
  const folder = dirname(output);
  const readFile = (path: string) => {
    const file = resolve(dirname(source), path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const {
    given: options,
    secretFiles,
    notes,
  } = translateSydentConf(
    parseSydentConf(readFileSync(source, 'utf8')),
    dataDir ?? (output.startsWith('/etc/') ? '/var/lib/islet' : 'data'),
    readFile,
  );
  const inTheWay = [output, ...Object.keys(secretFiles).map((name) => join(folder, name))].find((path) =>
    existsSync(path),
  );
  if (inTheWay !== undefined) {
    print(paint.bad(`${inTheWay} is there already, and is left as it is`));
    return 1;
  }
  const head = [
    'Configuration of Islet, made of sydent.conf by `islet import sydent-conf`. Where each option went:',
    ...notes.map((note) => `  ${printable(note)}`),
    'What is commented out shows the default, or an example where there is none.',
  ].join('\n');
  const text = commentedYaml(options, head);
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  const write = async (path: string, content: string, mode: number) => {
    await writeFile(path, content, { flag: 'wx', mode });
    written.push(path);
  };
  for (const [name, content] of Object.entries(secretFiles)) await write(join(folder, name), content, 0o600);
  await write(output, text, 0o640);
  try {
    interpret({ ...parseYaml(text, output), lineOf: () => undefined }, output, {}, cwd);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      for (const path of written) await rm(path, { force: true });
      throw error;
    }
    print(paint.bad(`${output} is written, and this is still to be corrected in it:\n${error.message}`));
    return 1;
  }
  print(paint.good(`${output} is written; its first lines say where each option of ${source} went`));
  for (const name of Object.keys(secretFiles)) print(`${join(folder, name)} holds a secret, and only you may read it`);
  print(`Next: islet check --config ${output}`);
  return 0;
}
