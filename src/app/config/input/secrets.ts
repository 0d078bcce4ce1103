import { existsSync, readFileSync, statSync } from 'node:fs';
import { envName } from './env-name.js';
import type { KeyPath } from '../errors/problems.js';
import { cannotRead } from './read-file.js';
import { readPipe } from './read-pipe.js';
import { absolutePath, type ConfigReader } from './reader.js';

export interface Secret {
  readonly value: string;
  /** Where the value comes from, for error messages: `file /etc/islet/ldap-password, its line ending taken off`. */
  readonly from: string;
  /** The file to reread it from; absent if it is in the configuration or the environment, or was read from a pipe. */
  readonly file?: string;
}

/**
 * A secret from the configuration file, the environment, or a separate file. The option with the suffix `File` names
 * that file.
 *
 * @param envPath the path for the names of its environment variables, if it differs from the path of the option
 */
export function readSecret(
  reading: ConfigReader,
  path: KeyPath,
  written: {
    readonly value: string | undefined;
    readonly file: string | undefined;
    /** The option that contains the value, if the value has no option of its own. */
    readonly within?: KeyPath;
  },
  envPath: KeyPath = path,
): Secret | undefined {
  const [inEnv, fileInEnv] = [envName(envPath), envName(fileOption(envPath))];
  reading.knownEnv.add(inEnv).add(fileInEnv);
  const value = reading.env[inEnv] ?? written.value;
  const file = reading.env[fileInEnv] ?? written.file;
  if (file === '') {
    reading.problems.add(fileOption(path), 'is empty', `unset ${fileInEnv}`);
    return undefined;
  }
  if (value !== undefined && file !== undefined) {
    const inEnvironment = [inEnv, fileInEnv].filter((name) => reading.env[name] !== undefined).join(' and ');
    const hint = inEnvironment === '' ? 'leave one out' : `leave one out; ${inEnvironment} is set in the environment`;
    reading.problems.add(path, `is set twice, directly and as ${fileOption(path).at(-1)}`, hint);
    return undefined;
  }
  if (file !== undefined) {
    return readSecretFile(reading, fileOption(path), absolutePath(reading, file, reading.env[fileInEnv] === undefined));
  }
  if (value === '') reading.problems.add(path, 'is empty');
  if (value === undefined || value === '') return undefined;
  const variable = [inEnv, envName(written.within ?? envPath)].find((name) => reading.env[name] !== undefined);
  if (variable !== undefined) return asSecret(reading, path, value, `environment variable ${variable}`);
  warnIfOpen(reading);
  const cut = reading.endsInComment(path) ? ', without the comment after it' : '';
  return asSecret(reading, path, value, `configuration file ${reading.file}${cut}`);
}

/**
 * Without one line ending, which is never part of a secret: `|` in YAML, `echo` and editors add it. Everything else
 * is part of it.
 */
function asSecret(
  { problems }: Pick<ConfigReader, 'problems'>,
  path: KeyPath,
  text: string,
  place: string,
): Secret | undefined {
  const value = text.replace(/\r?\n$/, '');
  if (value === '') problems.add(path, `is empty: ${place}`);
  if (value.includes('\0')) problems.add(path, `contains NUL bytes: ${place}`, 'save it as UTF-8');
  if (value === '' || value.includes('\0')) return undefined;
  const notes = [
    ...(value === text ? [] : [', without its line ending']),
    ...(/[\r\n]/.test(value) ? [', more than one line'] : []),
  ];
  return { value, from: `${place}${notes.join('')}` };
}

/**
 * The path of a secret file that an Islet command may create later; `undefined` if none is configured.
 *
 * @param envPath as in `readSecret`
 */
export function secretFile(reading: ConfigReader, file: string | undefined, envPath: KeyPath): string | undefined {
  const inEnv = reading.env[envName(fileOption(envPath))];
  const written = inEnv ?? file;
  return written === undefined ? undefined : absolutePath(reading, written, inEnv === undefined);
}

const fileOption = (path: KeyPath): KeyPath => [...path.slice(0, -1), `${path.at(-1)}File`];

/** The content of a file without its byte order mark and one line ending. */
export function readSecretFile(
  reading: Pick<ConfigReader, 'problems'>,
  path: KeyPath,
  file: string,
): Secret | undefined {
  try {
    const isPipe = statSync(file).isFIFO();
    const bytes = isPipe ? readPipe(file) : readFileSync(file);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (/^\r?\n?$/.test(text)) reading.problems.add(path, `${file} is empty`);
    else {
      const secret = asSecret(reading, path, text, `file ${file}`);
      return secret && !isPipe ? { ...secret, file } : secret;
    }
  } catch (error) {
    reading.problems.add(path, cannotRead(file, error));
  }
  return undefined;
}

/** Warns once if a file with secrets is readable by all users of the system. */
function warnIfOpen({ file, warnings }: ConfigReader): void {
  const mode = file !== undefined && existsSync(file) ? statSync(file).mode : 0;
  const warning = `${file} contains secrets and can be read by every user of this machine`;
  if (mode & 0o004 && !warnings.includes(warning)) warnings.push(warning);
}
