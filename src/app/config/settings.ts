import convict from 'convict';
import type { z } from 'zod';
import { type FormatName, formats, structured } from './formats.js';
import { report } from './issues.js';
import type { KeyPath, Problems } from './problems.js';
import { isOption, type Option, type schema, type Section } from './schema.js';
import { suggestKey } from './unknown-key.js';

/** What one option or section holds once it is read. */
type Written<Node> = Node extends { doc: string; format: infer F extends FormatName; default: infer D }
  ? z.output<(typeof formats)[F]> | (D extends null ? undefined : never)
  : { [K in keyof Node]: Written<Node[K]> };

/** The configuration as it is written: each option by itself is right. */
export type Settings = Written<typeof schema>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** `listen.trustedProxies` is `ISLET_LISTEN_TRUSTED_PROXIES` in the environment. */
export const envName = (path: KeyPath): string =>
  `ISLET_${path.map((part) => String(part).replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').replace(/[^A-Za-z0-9]/g, '_')).join('_')}`.toUpperCase();

/** All options with where they stand, in order. */
export function optionsOf(node: Section, at: readonly string[] = []): { path: readonly string[]; option: Option }[] {
  return Object.entries(node).flatMap(([key, below]) =>
    isOption(below) ? [{ path: [...at, key], option: below }] : optionsOf(below, [...at, key]),
  );
}

interface Checked extends Option {
  readonly env: string | undefined;
  check(value: unknown): void;
}

// Each format looks at a value as it was written. Convict would make 8090 of "8090x", true of "no",
// and would print what it does not like, which may be a secret.
convict.addFormats(
  Object.fromEntries(
    Object.keys(formats).map((name) => [
      `islet ${name}`,
      { validate: (value: unknown, option: convict.SchemaObj) => (option as unknown as Checked).check(value), coerce: (value: unknown) => value },
    ]),
  ),
);
