import { omitUndefined } from '../objects.js';

/** Where an option stands: names of sections and options, positions in lists. */
export type KeyPath = readonly (string | number)[];

/** One thing that is wrong with the configuration. Never holds a value: it may be a secret. */
export interface Problem {
  /** `sources[0].ldap.urls`, or the name of the file if that itself cannot be read. */
  readonly key: string;
  readonly reason: string;
  readonly suggestion?: string;
  /** What says it: `line 12` of the file, `ISLET_LISTEN_PORT`. */
  readonly place?: string;
}

/** The configuration cannot be used. The message has one line per problem: `key: reason (suggestion)`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(sentence).join('\n'));
  }
}

function sentence({ key, reason, suggestion, place }: Problem): string {
  const notes = [place, suggestion].filter((note) => note !== undefined);
  return `${key}: ${reason}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

export const keyText = (path: KeyPath): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

/** Gathers problems, so that all are told at once. */
export class Problems {
  readonly #found: { readonly path: KeyPath; readonly problem: Problem; readonly line: number }[] = [];

  /** @param locate what says the value of a key: the line of the file, or else an environment variable */
  constructor(private readonly locate: (path: KeyPath) => number | string | undefined = () => undefined) {}

  /** In the order of the file. */
  get list(): readonly Problem[] {
    return this.#found.toSorted((a, b) => a.line - b.line).map(({ problem }) => problem);
  }

  add(path: KeyPath, reason: string, suggestion?: string): void {
    const locate = this.locate(path);
    const place = typeof locate === 'number' ? `line ${locate}` : locate;
    const problem = omitUndefined({ key: keyText(path), reason, suggestion, place });
    this.#found.push({ path, problem, line: typeof locate === 'number' ? locate : Number.POSITIVE_INFINITY });
  }

  /** Whether something at or below `path` is wrong: conclusions from it would only confuse. */
  hasErrorAt(path: KeyPath): boolean {
    return this.#found.some((found) => path.every((part, index) => found.path[index] === part));
  }
}
