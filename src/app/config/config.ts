import { existsSync } from 'node:fs';
import type { TlsMaterial } from '../../adapters/shared/tls-options.js';
import { dirname, join, resolve } from 'node:path';
import { type Environment, envName } from './input/env-name.js';
import { structured } from './schema/formats.js';
import { freeze } from './objects.js';
import { type Frozen } from './objects.js';
import { readHomeservers } from './read/homeservers.js';
import { readMail } from './read/mail.js';
import { readNetwork } from './read/network.js';
import { omitUndefined } from './objects.js';
import { ConfigError, type KeyPath, Problems } from './errors/problems.js';
import { optionPath, type ConfigReader } from './input/reader.js';
import { schema } from './schema/schema.js';
import { optionsOf } from './schema/schema-tree.js';
import { readSettings, type Settings } from './read/settings.js';
import { readSearch } from './read/search.js';
import { readSms } from './read/sms.js';
import { readSources } from './read/sources.js';
import { readStorage } from './read/storage.js';
import { readTerms } from './read/terms.js';
import { readV1 } from './read/v1.js';
import { withoutServiceLinks } from './input/service-links.js';
import { unknownVariables } from './input/unknown-env.js';
import { readYaml, type YamlFile } from './input/yaml-file.js';

export interface ConfigPlace {
  /**
   * Path of the configuration file. By default the path in `ISLET_CONFIG`, else an existing file in a standard place,
   * else none.
   */
  readonly file?: string | undefined;
  readonly env: Environment;
  /** The base of relative paths outside the file; by default the current working directory. */
  readonly cwd?: string;
}

/** The complete configuration, ready for use: absolute paths, secrets and certificates read, durations in ms. */
export type Config = Frozen<ReturnType<typeof readAll>>;

export type LdapConfig = Extract<Config['sources'][number], { kind: 'ldap' }>;
export type UpstreamConfig = Extract<Config['sources'][number], { kind: 'upstream' }>;
/** A source whose answers are checked and limited by `GuardedSource`. */
export type GuardedConfig = Pick<
  Extract<Config['sources'][number], { kind: 'use' }>,
  'name' | 'timeLimitMs' | 'media' | 'accounts' | 'owns' | 'mirror'
> &
  TlsMaterial & { readonly file?: string };
export type SmsConfig = NonNullable<Config['sms']>;

/**
 * Reads the configuration from the file and the environment. The environment has precedence.
 *
 * @throws ConfigError with all problems
 */
export function loadConfig({ file: given, env, cwd = process.cwd() }: ConfigPlace): LoadedConfig {
  if (given === undefined && env['ISLET_CONFIG'] === '') {
    throw new ConfigError([
      { key: 'ISLET_CONFIG', reason: 'is empty', suggestion: 'unset it, or set it to the path of the file' },
    ]);
  }
  const file = given ?? env['ISLET_CONFIG'] ?? usualFile(cwd);
  if (file === undefined) return interpret(NOTHING, undefined, env, cwd);
  const path = resolve(cwd, file);
  return interpret(readYaml(path), path, env, cwd);
}

export interface LoadedConfig {
  readonly config: Config;
  /** One sentence for each setting that is valid but probably a mistake. */
  readonly warnings: readonly string[];
}

const usualFile = (cwd: string): string | undefined =>
  [join(cwd, 'islet.yaml'), '/etc/islet/islet.yaml'].find((file) => existsSync(file));

/** An empty file. */
export const NOTHING: YamlFile = { data: {}, lineOf: () => undefined, endsInComment: () => false };

/**
 * Like `loadConfig`, for a file that has been read already or is still to be written.
 *
 * @param file its absolute path
 * @throws ConfigError
 */
export function interpret(content: YamlFile, file: string | undefined, given: Environment, cwd: string): LoadedConfig {
  const env = withoutServiceLinks(given);
  const reading = readingOf(content, file, env, cwd);
  const config = readAll(readSettings(content.data, env, reading.problems), reading);
  if (reading.problems.list.length > 0) throw new ConfigError(reading.problems.list);
  reading.warnings.push(...unknownVariables(env, reading.knownEnv));
  return { config: freeze(config), warnings: reading.warnings };
}

function readingOf(content: YamlFile, file: string | undefined, env: Environment, cwd: string): ConfigReader {
  const isInFile = (path: KeyPath) => valueAt(content.data, path) !== undefined;
  const isInEnv = (path: KeyPath) => env[envName(path)] !== undefined;
  const locate = (path: KeyPath) => (isInEnv(path) ? envName(path) : content.lineOf(path));
  const options = optionsOf(schema).filter(({ option }) => !structured.has(option.format));
  return {
    problems: new Problems(locate),
    warnings: [],
    env,
    file,
    folder: file === undefined ? cwd : dirname(file),
    cwd,
    knownEnv: new Set(['ISLET_CONFIG', ...options.map(({ path }) => envName(path))]),
    isInFile,
    endsInComment: (path) => content.endsInComment(path),
    isGiven: (path) => isInEnv(path) || isInFile(path),
  };
}

function valueAt(data: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, part) => {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    return isThere ? (value as Record<string | number, unknown>)[part] : undefined;
  }, data);
}

function readAll(settings: Settings, reading: ConfigReader) {
  const {
    federation,
    templates,
    lookup,
    validation,
    bindings,
    accessTokens,
    invites,
    retention,
    limits,
    log,
    audit,
    pidFile,
  } = settings;
  const { problems } = reading;
  /**
   * Problems that depend on several sections are reported only if these sections are valid. Any problem results in an
   * error anyway.
   */
  const of = <T>(sections: readonly string[], read: (settings: Settings, reading: ConfigReader) => T): T =>
    sections.some((name) => problems.hasErrorAt([name])) ? (undefined as T) : read(settings, reading);
  const path = (at: KeyPath, text: string | undefined) => text && optionPath(reading, at, text);
  const isGuessable = limits.wrongCodes.perSession === undefined && validation.codeLength < 8;
  if (isGuessable)
    reading.warnings.push(`limits.wrongCodes is off, so codes of ${validation.codeLength} digits can be guessed`);
  if (lookup.pepperGraceMs > lookup.pepperLifetimeMs && !problems.hasErrorAt(['lookup'])) {
    problems.add(['lookup', 'pepperGrace'], 'is longer than pepperLifetime');
  }
  const sources = of(['sources'], readSources);
  return omitUndefined({
    file: reading.file,
    ...of(['server', 'listen', 'admin'], readNetwork),
    ...of(['dataDir', 'database', 'signing'], readStorage),
    sources,
    search: of(['sources', 'search'], () => readSearch(settings, reading, sources)),
    homeservers: of(['homeservers'], readHomeservers),
    federation,
    mail: of(['mail'], readMail),
    sms: of(['sms'], readSms),
    templates: omitUndefined({ ...templates, directory: path(['templates', 'directory'], templates.directory) }),
    terms: of(['terms'], readTerms),
    v1: of(['v1', 'server', 'listen', 'invites'], readV1),
    lookup,
    validation,
    bindings,
    accessTokens,
    retention,
    invites,
    limits,
    log: omitUndefined({ ...log, file: path(['log', 'file'], log.file) }),
    audit: omitUndefined({ ...audit, file: path(['audit', 'file'], audit.file) }),
    pidFile: path(['pidFile'], pidFile),
  });
}
