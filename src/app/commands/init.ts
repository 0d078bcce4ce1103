import { constants, existsSync } from 'node:fs';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Config, interpret } from '../config/config.js';
import { commentedYaml } from '../config/docs/example.js';
import { ConfigError } from '../config/errors/problems.js';
import { parseYaml } from '../config/input/yaml-file.js';
import { givenBy } from './init-config.js';
import { askAll, type InitAnswers, type ProblemOf } from './init-questions.js';
import type { TerminalStyle } from './terminal-style.js';
import type { Prompt } from './prompt.js';

export interface InitOptions extends InitAnswers {
  /** The file to write; by default `islet.yaml`. */
  readonly output?: string | undefined;
  readonly dataDir?: string | undefined;
  /** Existing files with passwords. Without them, passwords are asked for and stored beside the configuration. */
  readonly bindPasswordFile?: string | undefined;
  readonly smtpPasswordFile?: string | undefined;
}

export interface InitContext {
  /** Without a prompt, no questions are asked, and settings without a flag get the suggestion. */
  readonly prompt: Prompt | undefined;
  readonly print: (text: string) => void;
  readonly style: TerminalStyle;
  readonly cwd: string;
  /** Creates the signing key in this file unless it exists. */
  readonly makeKey: (keyFile: string) => Promise<unknown>;
}

const HEAD = `Configuration of Islet, written by \`islet init\`.
Commented-out lines show the default, or an example if there is no default. \`islet check\` checks this file.`;

/**
 * Writes a commented configuration file that is ready to use, and creates the signing key. Existing files are never
 * overwritten.
 *
 * @returns the exit code: 0 if the files were written; 1 if not, and then nothing was written
 */
export async function initCommand(options: InitOptions, context: InitContext): Promise<number> {
  const { print, style, cwd } = context;
  const output = resolve(cwd, options.output ?? 'islet.yaml');
  if (existsSync(output)) {
    print(style.bad(`${output} already exists and is not changed`));
    return 1;
  }
  const secretFiles: string[] = [];
  let config: Config;
  try {
    config = await writeConfig(options, output, context, secretFiles);
  } catch (error) {
    for (const file of secretFiles) await rm(file, { force: true });
    if ((error as Error).name === 'AbortError') print('\nNothing was written');
    else if (error instanceof ConfigError) print(style.bad(error.message));
    else throw error;
    return 1;
  }
  print(style.good(`${output} is written`));
  for (const file of secretFiles) print(`${file} contains a password; only you can read it`);
  await makeKey(config.signing.keyFile, context);
  print(`Next: islet check --config ${output}`);
  return 0;
}

/** @param secretFiles receives the names of the secret files that were created */
async function writeConfig(
  options: InitOptions,
  output: string,
  { prompt, cwd }: InitContext,
  secretFiles: string[],
): Promise<Config> {
  const { bindPasswordFile, smtpPasswordFile, dataDir } = options;
  await checkReadable({ bindPasswordFile, smtpPasswordFile }, cwd);
  const answers = await askAll(options, prompt, problemIn(output, cwd));
  await mkdir(dirname(output), { recursive: true });
  const secretFile = async (given: string | undefined, isNeeded: boolean, name: string, question: string) => {
    if (given !== undefined) return resolve(cwd, given);
    if (!isNeeded || !prompt) return undefined;
    const file = join(dirname(output), name);
    if (existsSync(file)) return name;
    await writeFile(file, `${await askSecret(prompt, question)}\n`, { flag: 'wx', mode: 0o600 });
    secretFiles.push(file);
    return name;
  };
  const isBound = Boolean(answers.bindDn);
  const files = {
    output,
    cwd,
    dataDir,
    bindPasswordFile: await secretFile(bindPasswordFile, isBound, 'ldap-password', 'Password of the directory'),
    smtpPasswordFile: await secretFile(smtpPasswordFile, hasUser(answers), 'smtp-password', 'Password of the relay'),
  };
  const text = commentedYaml(givenBy(answers, files), HEAD);
  const config = configOf(text, output, cwd);
  await writeFile(output, text, { flag: 'wx', mode: 0o640 });
  return config;
}

/** @throws ConfigError */
const configOf = (text: string, output: string, cwd: string): Config =>
  interpret({ ...parseYaml(text, output), lineOf: () => undefined }, output, {}, cwd).config;

/** Checks answers by the configuration that would be written with them; problems of settings still to come are ignored. */
function problemIn(output: string, cwd: string): ProblemOf {
  const noFiles = { dataDir: undefined, bindPasswordFile: undefined, smtpPasswordFile: undefined };
  return (key, answers) => {
    try {
      configOf(commentedYaml(givenBy(answers, { output, cwd, ...noFiles }), HEAD), output, cwd);
      return undefined;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems.find((problem) => optionOf[key]?.test(problem.key))?.reason;
    }
  };
}

/** The option that each answer becomes. A bind DN cannot be judged before its password is known. */
const optionOf: Readonly<Partial<Record<keyof InitAnswers, RegExp>>> = {
  serverName: /^server\.name$/,
  publicUrl: /^server\.publicUrl$/,
  ldapUrl: /\.ldap\.urls\b/,
  preset: /\.ldap\.preset$/,
  base: /\.ldap\.bases\b/,
  caFile: /\.ldap\.caFile$/,
  homeserver: /\.ldap\.homeserver$/,
  smtpUrl: /^mail\.(?:smtpUrl|host|port)$/,
  mailFrom: /^mail\.from$/,
};

/** Before anything is asked. @throws ConfigError */
async function checkReadable(files: Readonly<Record<string, string | undefined>>, cwd: string): Promise<void> {
  for (const [key, file] of Object.entries(files)) {
    if (file === undefined) continue;
    await access(resolve(cwd, file), constants.R_OK).catch(({ code }: NodeJS.ErrnoException) => {
      throw new ConfigError([{ key, reason: `${file} cannot be read: ${code}` }]);
    });
  }
}

async function askSecret(prompt: Prompt, question: string): Promise<string> {
  for (;;) {
    const secret = await prompt.askSecret(`${question}: `);
    if (secret !== '') return secret;
  }
}

/** Whether the relay requires a login and the URL does not contain all of it. */
function hasUser({ smtpUrl = '' }: InitAnswers): boolean {
  const url = URL.canParse(smtpUrl) ? new URL(smtpUrl) : undefined;
  return Boolean(url?.username) && !url?.password;
}

async function makeKey(keyFile: string, { makeKey, print }: InitContext): Promise<void> {
  try {
    await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
    await makeKey(keyFile);
    print(`${keyFile} contains the signing key: keep a copy of it`);
  } catch {
    print(`The signing key ${keyFile} is created at the first start`);
  }
}
