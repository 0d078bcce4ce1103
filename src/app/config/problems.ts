/** Where an option stands: names of sections and options, positions in lists. */
export type KeyPath = readonly (string | number)[];

/** One thing that is wrong with the configuration. Never holds a value: it may be a secret. */
export interface Problem {
  /** `sources[0].ldap.urls`, or the name of the file if that itself cannot be read. */
  readonly key: string;
  readonly reason: string;
  readonly suggestion?: string;
  /** Where the file says it, counted from 1. */
  readonly line?: number;
}

/** The configuration cannot be used. The message has one line per problem: `key: reason (suggestion)`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(sentence).join('\n'));
  }
}

function sentence({ key, reason, suggestion, line }: Problem): string {
  const notes = [line === undefined ? undefined : `line ${line}`, suggestion].filter((note) => note !== undefined);
  return `${key}: ${reason}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

export const keyText = (path: KeyPath): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

/** Gathers problems, so that all are told at once. */
export class Problems {
  readonly list: Problem[] = [];
  readonly #paths: KeyPath[] = [];

  /** @param lineOf the line of the file at which a key stands */
  constructor(private readonly lineOf: (path: KeyPath) => number | undefined = () => undefined) {}

  add(path: KeyPath, reason: string, suggestion?: string): void {
    const line = this.lineOf(path);
    this.#paths.push(path);
    this.list.push({
      key: keyText(path),
      reason,
      ...(suggestion !== undefined && { suggestion }),
      ...(line !== undefined && { line }),
    });
  }

  /** Whether something at or below `path` is wrong: conclusions from it would only confuse. */
  within(path: KeyPath): boolean {
    return this.#paths.some((other) => path.every((part, index) => other[index] === part));
  }
}
