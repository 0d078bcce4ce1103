import { existsSync, readFileSync, statSync } from 'node:fs';
import { envName } from './env-name.js';
import type { KeyPath } from '../errors/problems.js';
import { cannotRead } from './read-file.js';
import { readPipe } from './read-pipe.js';
import { absolutePath, type ConfigReader } from './reader.js';

export interface Secret {
  readonly value: string;
  /** Where it came from, to be told when it is refused: `file /etc/islet/ldap-password, its line ending taken off`. */
  readonly from: string;
  /** Where it can be read again; absent for what stands in the configuration or the environment, or came once through a pipe. */
  readonly file?: string;
}

/**
 * A secret from whichever place has it: the file, the environment, or a file of its own, which is
 * named by the option with `File` at its end.
 *
 * @param envPath what its environment variables are called after, if not its own path
 */
export function readSecret(
  reading: ConfigReader,
  path: KeyPath,
  written: {
    readonly value: string | undefined;
    readonly file: string | undefined;
    /** The option that the value is a part of, if it has none of its own. */
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

/** Without one line ending, which belongs to no secret: `|` in YAML, `echo` and editors put it there. All else belongs to it. */
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
 * The file of a secret that may be made later, by a command of ours: `undefined` if none is named.
 *
 * @param envPath as with `readSecret`
 */
export function secretFile(reading: ConfigReader, file: string | undefined, envPath: KeyPath): string | undefined {
  const inEnv = reading.env[envName(fileOption(envPath))];
  const written = inEnv ?? file;
  return written === undefined ? undefined : absolutePath(reading, written, inEnv === undefined);
}

const fileOption = (path: KeyPath): KeyPath => [...path.slice(0, -1), `${path.at(-1)}File`];

/** The content of a file without its byte order mark and without one line ending. */
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

/** Says once that a file with secrets in it is there for everybody to read. */
function warnIfOpen({ file, warnings }: ConfigReader): void {
  const mode = file !== undefined && existsSync(file) ? statSync(file).mode : 0;
  const warning = `${file} contains secrets and can be read by every user of this machine`;
  if (mode & 0o004 && !warnings.includes(warning)) warnings.push(warning);
}
