import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Environment, envName } from './env-name.js';
import type { KeyPath, Problems } from '../errors/problems.js';

/** What the readers of the sections need besides the options. */
export interface ConfigReader {
  readonly problems: Problems;
  /** One sentence for each setting that is valid but probably a mistake. */
  readonly warnings: string[];
  readonly env: Environment;
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
  /** The base of relative paths in the file: its own folder. */
  readonly folder: string;
  /** The base of other relative paths: the current working directory. */
  readonly cwd: string;
  /** The environment variables that Islet reads. */
  readonly knownEnv: Set<string>;
  /** Whether the file has this option. */
  isInFile(path: KeyPath): boolean;
  /** Whether the value in the file ends at the `#` of a comment. */
  endsInComment(path: KeyPath): boolean;
  /** Whether the file or the environment has it. */
  isGiven(path: KeyPath): boolean;
}

/**
 * An absolute path. A path in the file is relative to the folder of the file, any other to the current working
 * directory.
 */
export function absolutePath(reading: ConfigReader, text: string, isFromFile: boolean): string {
  const start = isFromFile ? reading.folder : reading.cwd;
  try {
    if (text.startsWith('file:')) return fileURLToPath(new URL(text, pathToFileURL(`${start}/`)));
  } catch {
    // A URL such as file://etc/islet/password stays as it is, so that the message says that there is no such file.
    return text;
  }
  return resolve(start, text);
}

/** Like `absolutePath`, for an option that can also come from the environment. */
export const optionPath = (reading: ConfigReader, path: KeyPath, text: string): string =>
  absolutePath(reading, text, reading.env[envName(path)] === undefined && reading.isInFile(path));
