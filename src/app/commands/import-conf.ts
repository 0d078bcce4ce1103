import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { interpret } from '../config/config.js';
import { commentedYaml } from '../config/docs/example.js';
import { ConfigError } from '../config/errors/problems.js';
import { parseYaml } from '../config/input/yaml-file.js';
import { parseMa1sdConf, translateMa1sdConf } from './importing/ma1sd-config.js';
import { parseSydentConf, translateSydentConf, type TranslatedConfig } from './importing/sydent-config.js';
import { ma1sdTemplates } from './importing/templates/ma1sd-templates.js';
import { OWN_BRAND, sydentTemplates } from './importing/templates/sydent-templates.js';
import { type TemplateFolder, templateFolder } from './importing/templates/template-folder.js';
import type { TranslatedTemplates } from './importing/templates/translated-templates.js';
import { writeTemplates } from './import-templates.js';
import { printable } from '../../domain/shared/printable.js';
import type { BackupContext } from './backup.js';

export interface ConfigImport {
  /** The file to write. */
  readonly output: string;
  readonly dataDir?: string | undefined;
  /** Folder into which the templates are translated; absent: they are not. */
  readonly templates?: string | undefined;
  /** The language of the templates. */
  readonly language?: string | undefined;
}

/** The configuration of another identity server. */
interface ForeignConfig {
  /**
   * @param dataDir the data folder of Islet
   * @param readFile reads a file that the configuration refers to; `undefined` if it cannot be read
   */
  translate(dataDir: string, readFile: (path: string) => string | undefined): TranslatedConfig;
  templates(files: TemplateFolder, language: string): TranslatedTemplates;
  /** The brand that was used for all requests without one. */
  readonly brand: string | undefined;
}

/**
 * Writes a commented configuration file with the settings of a `sydent.conf`, and its secrets as separate files in
 * the same folder. Existing files are never overwritten.
 *
 * @returns the exit code: 0 if the file is written and valid, 1 otherwise
 */
export const importSydentConf = (file: string, options: ConfigImport, tools: BackupContext): Promise<number> =>
  importConf(file, options, tools, 'sydent', (text) => {
    const conf = parseSydentConf(text);
    return {
      translate: (dataDir, readFile) => translateSydentConf(conf, dataDir, readFile),
      templates: (files, language) => sydentTemplates(conf, files, language),
      brand: conf.get('general', 'brand.default') ?? 'matrix-org',
    };
  });

/** The same for a `ma1sd.yaml` or `mxisd.yaml`. */
export const importMa1sdConf = (file: string, options: ConfigImport, tools: BackupContext): Promise<number> =>
  importConf(file, options, tools, 'ma1sd', (text) => {
    const conf = parseMa1sdConf(text);
    return {
      translate: (dataDir) => translateMa1sdConf(conf, dataDir),
      templates: (files, language) => ma1sdTemplates(conf, files, language),
      brand: undefined,
    };
  });

async function importConf(
  conf: string,
  { output: given, dataDir, templates: into, language = 'en' }: ConfigImport,
  { print, style, cwd }: BackupContext,
  kind: 'sydent' | 'ma1sd',
  parse: (text: string) => ForeignConfig,
): Promise<number> {
  const output = resolve(cwd, given);
  const source = resolve(cwd, conf);
  const folder = dirname(output);
  const readFile = (path: string) => {
    const file = resolve(dirname(source), path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const foreign = parse(readFileSync(source, 'utf8'));
  const translated = foreign.translate(dataDir ?? (output.startsWith('/etc/') ? '/var/lib/islet' : 'data'), readFile);
  const { secretFiles } = translated;
  const templates = into === undefined ? undefined : foreign.templates(templateFolder(source), language);
  const templatesTo = templates && !templates.isEmpty ? resolve(cwd, into ?? '') : undefined;
  const options =
    templates && templatesTo !== undefined
      ? {
          ...translated.given,
          templates: { directory: templatesTo, brand: templates.brandFor(foreign.brand, OWN_BRAND) },
        }
      : translated.given;
  const notes = [...translated.notes, ...(templates?.notes.map((note) => `templates: ${note}`) ?? [])];
  const wanted = [
    output,
    ...Object.keys(secretFiles).map((name) => join(folder, name)),
    ...(templatesTo ? [templatesTo] : []),
  ];
  const existing = wanted.find((path) => existsSync(path));
  if (existing !== undefined) {
    print(style.bad(`${existing} is there already, and is left as it is`));
    return 1;
  }
  const file = kind === 'sydent' ? 'sydent.conf' : 'ma1sd.yaml';
  const head = [
    `Configuration of Islet, made of ${file} by \`islet import ${kind}-conf\`. Where each option went:`,
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
  if (templates && templatesTo !== undefined) {
    const problems = await writeTemplates(
      templates,
      templatesTo,
      String(Object(options['server'])['name'] ?? 'Matrix'),
    );
    for (const problem of [...templates.notes, ...problems]) print(printable(problem));
    print(
      `${templatesTo} holds the templates; compare them with the old ones: islet templates check --config ${output}`,
    );
  } else if (templates) print('There were no templates to translate');
  try {
    interpret({ ...parseYaml(text, output), lineOf: () => undefined }, output, {}, cwd);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      for (const path of written) await rm(path, { force: true });
      throw error;
    }
    print(style.bad(`${output} is written, and this is still to be corrected in it:\n${error.message}`));
    return 1;
  }
  print(style.good(`${output} is written; its first lines say where each option of ${source} went`));
  for (const name of Object.keys(secretFiles)) {
    const content = name.endsWith('.json') ? 'addresses' : 'a secret';
    print(`${join(folder, name)} holds ${content}, and only you may read it`);
  }
  print(`Next: islet check --config ${output}`);
  return 0;
}
