import { omitUndefined } from '../objects.js';

/** The path of an option: names of sections and options, indexes of lists. */
export type KeyPath = readonly (string | number)[];

/** A problem in the configuration. It never contains the value, which may be a secret. */
export interface Problem {
  /** `sources[0].ldap.urls`, or the name of the file if it cannot be read. */
  readonly key: string;
  readonly reason: string;
  readonly suggestion?: string;
  /** Where the value comes from: `line 12` of the file, or `ISLET_LISTEN_PORT`. */
  readonly place?: string;
}

/** The configuration is invalid. The message has one line per problem: `key: reason (suggestion)`. */
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

/** Collects problems, so that all are reported at once. */
export class Problems {
  readonly #found: { readonly path: KeyPath; readonly problem: Problem; readonly line: number }[] = [];

  /** @param locate where the value of a key comes from: the line of the file, or an environment variable */
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

  /** Whether there is a problem at or below `path`. Further messages that depend on it would be confusing. */
  hasErrorAt(path: KeyPath): boolean {
    return this.#found.some((found) => path.every((part, index) => found.path[index] === part));
  }
}
