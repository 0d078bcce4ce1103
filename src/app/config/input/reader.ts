import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Environment, envName } from './env-name.js';
import type { KeyPath, Problems } from '../errors/problems.js';

/** What making sense of a configuration needs besides the options themselves. */
export interface ConfigReader {
  readonly problems: Problems;
  /** What is allowed and probably not meant, a sentence each. */
  readonly warnings: string[];
  readonly env: Environment;
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
  /** What paths in the file start from: its own folder. */
  readonly folder: string;
  /** What other paths start from: where we were started. */
  readonly cwd: string;
  /** The environment variables that mean something. */
  readonly knownEnv: Set<string>;
  /** Whether the file has this option. */
  isInFile(path: KeyPath): boolean;
  /** Whether a `#` ends its text there. */
  endsInComment(path: KeyPath): boolean;
  /** Whether the file or the environment has it. */
  isGiven(path: KeyPath): boolean;
}

/** An absolute path. Written in the file it starts from there, otherwise from where we were started. */
export function absolutePath(reading: ConfigReader, text: string, isFromFile: boolean): string {
  const start = isFromFile ? reading.folder : reading.cwd;
  try {
    if (text.startsWith('file:')) return fileURLToPath(new URL(text, pathToFileURL(`${start}/`)));
  } catch {
    // As in file://etc/islet/password: that there is no such file is what has to be told.
    return text;
  }
  return resolve(start, text);
}

/** The same for an option that the environment can give as well. */
export const optionPath = (reading: ConfigReader, path: KeyPath, text: string): string =>
  absolutePath(reading, text, reading.env[envName(path)] === undefined && reading.isInFile(path));
