import convict from 'convict';
import type { z } from 'zod';
import { type Environment, envName } from '../input/env-name.js';
import { type FormatName, formats, structured } from '../schema/formats.js';
import { report } from '../errors/zod-issues.js';
import { forConvict, fromConvict, knownKeys } from './known-keys.js';
import { type OmitUndefined, omitUndefined } from '../objects.js';
import type { Problems } from '../errors/problems.js';
import { isOption, schema, type Section } from '../schema/schema.js';
import { mapOptions, type Place } from '../schema/schema-tree.js';

/** The type of the value of an option or a section. Durations are in ms, and their names end in `Ms`. */
type Read<Node> = Node extends { readonly format: infer F extends FormatName; readonly default: infer D }
  ? z.output<(typeof formats)[F]> | ([D] extends [null] ? undefined : never)
  : OmitUndefined<{ [K in keyof Node as Named<K, Node[K]>]: Read<Node[K]> }>;

type Named<K, Node> = Node extends { readonly format: 'duration' | 'lifetime' } ? `${K & string}Ms` : K;

/** The configuration as written, each option validated separately. Options without a value have no key. */
export type Settings = Read<typeof schema>;

type Issues = readonly z.core.$ZodIssue[];

// A format sees the value as written. Convict itself would read "8090x" as 8090 and "no" as true, and print invalid
// values, which may be secrets.
convict.addFormats(
  Object.fromEntries(
    Object.entries(formats).map(([name, format]) => [
      name,
      {
        coerce: (value: unknown) => value,
        validate(value: unknown, option: convict.SchemaObj) {
          const { error } = format.safeParse(fromConvict(name as FormatName, value), { reportInput: true });
          (option['report'] as (issues: Issues) => void)(error?.issues ?? []);
        },
      },
    ]),
  ),
);

/**
 * Reads every option from the content of the file and from the environment, which has precedence. Problems are
 * reported, and the default is used instead.
 */
export function readSettings(data: Readonly<Record<string, unknown>>, env: Environment, problems: Problems): Settings {
  const forOption = ({ path, option }: Place): convict.SchemaObj => ({
    ...option,
    default: option.default === null ? null : forConvict(option.format, option.default),
    nullable: option.default === null,
    ...(!structured.has(option.format) && { env: envName(path) }),
    report: (issues: Issues) => report(formats[option.format], issues, path, problems),
  });
  const config = convict(mapOptions(schema, forOption) as convict.Schema<object>, { env: { ...env }, args: [] });
  config.load(knownKeys(schema, data, problems));
  config.validate({ allowed: 'strict' });
  return read(schema, config.getProperties() as Tree, problems) as Settings;
}

interface Tree {
  readonly [key: string]: unknown;
}

function read(section: Section, written: Tree, problems: Problems, at: readonly string[] = []): object {
  const entries = Object.entries(section).map(([key, node]): [string, unknown] => {
    const path = [...at, key];
    if (!isOption(node)) return [key, read(node, written[key] as Tree, problems, path)];
    const { format } = node;
    const value = problems.hasErrorAt(path) ? node.default : fromConvict(format, written[key]);
    const isTime = format === 'duration' || format === 'lifetime';
    return [isTime ? `${key}Ms` : key, value === null ? undefined : formats[format].parse(value)];
  });
  return omitUndefined(Object.fromEntries(entries));
}
