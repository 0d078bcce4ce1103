import { z } from 'zod';
import { envName } from '../input/env-name.js';
import { formats, structured } from '../schema/formats.js';
import { isOption, schema, type Option, type Section } from '../schema/schema.js';
import { unwrap } from '../errors/zod-tree.js';

/** An option or a section, as the documentation describes it. */
export interface Entry {
  readonly key: string;
  readonly doc: string;
  /** The default as written in the file; `undefined` for none. */
  readonly default: unknown;
  /** `undefined` if no example is necessary. */
  readonly example: unknown;
  readonly isRequired: boolean;
  /** The name of its environment variable, if there is one. */
  readonly env: string | undefined;
  /** Options of a section. */
  readonly children: readonly Entry[];
  /** Kinds of elements of a list or a map. */
  readonly choices: readonly Choice[];
}

/** One kind of element, such as a kind of source, or a homeserver. */
export interface Choice {
  /** Kind of a list element such as `ldap`, or an example of a map key such as `example.org`. */
  readonly name: string;
  readonly isInList: boolean;
  /** Its options are on the same level as its name, which is the first option itself (`use: ./hr.mjs`). */
  readonly isInline: boolean;
  readonly children: readonly Entry[];
}

/** Descriptions of sections by path. */
const SECTIONS: Readonly<Record<string, string>> = {
  server: 'Names and URL of this server.',
  listen: 'Listener for clients and homeservers.',
  admin: 'Listener for health checks, metrics and the `islet` command.',
  database: 'Database for bindings, sessions and local copies of sources.',
  search: 'Search for people by name in clients.',
  federation: 'Connections to homeservers that are not listed under `homeservers`.',
  mail: 'Sending mail.',
  sms: 'Sending text messages.',
  templates: 'Templates for mails, text messages and pages.',
  terms: 'Terms that users have to accept before they can use this server.',
  signing: 'Keys that sign associations.',
  v1: 'Version 1 of the API, which has no authentication.',
  lookup: 'Lookups of users by address.',
  validation: 'Validation of addresses.',
  bindings: 'Addresses that users bind themselves.',
  accessTokens: 'Access tokens of signed-in users.',
  invites: 'Invitations.',
  audit: 'The record of every change: see [audit.md](../topics/audit.md).',
  retention: 'How long personal data is kept that nobody needs for the moment.',
  limits:
    'Rate limits, written as `20/1h`: a number and a period. `false` for one limit, a group of limits or all of `limits`: no limit.',
  'limits.mail': 'Validation mails.',
  'limits.sms': 'Text messages.',
  'limits.invites': 'Invitations by mail.',
  'limits.wrongCodes': 'Wrong codes.',
  'limits.lookup': 'Lookups.',
  'limits.search': 'People who are shown by searches for names.',
  'limits.signIn': 'Sign-ins.',
  log: 'Logging.',
};

/** All options, in the order of the documentation. */
export const optionCatalog = (section: Section = schema, at: readonly string[] = []): readonly Entry[] =>
  Object.entries(section).map(([key, node]) => {
    const path = [...at, key];
    if (isOption(node)) return optionEntry(node, path);
    return { ...NOTHING, key, doc: SECTIONS[path.join('.')] ?? '', children: optionCatalog(node, path) };
  });

const NOTHING = {
  isRequired: false,
  default: undefined,
  example: undefined,
  env: undefined,
  children: [],
  choices: [],
};

function optionEntry(option: Option, path: readonly string[]): Entry {
  return {
    ...NOTHING,
    key: path.at(-1) ?? '',
    doc: option.doc,
    default: option.default ?? undefined,
    example: option.example,
    env: structured.has(option.format) ? undefined : envName(path),
    choices: choicesOf(formats[option.format], path),
  };
}

/** Example keys of maps; by default, keys are server names. */
const MAP_KEYS: Readonly<Record<string, string>> = { policies: 'privacy_policy', servers: '"@islet:example.org"' };

function choicesOf(format: z.core.$ZodType, path: readonly string[]): readonly Choice[] {
  if (format instanceof z.ZodRecord && unwrap(format.valueType) instanceof z.ZodObject) {
    const name = MAP_KEYS[path.at(-1) ?? ''] ?? 'example.org';
    return [{ name, isInList: false, isInline: false, children: entriesOf(format.valueType, path) }];
  }
  const element = format instanceof z.ZodArray ? unwrap(format.element) : undefined;
  if (!(element instanceof z.ZodDiscriminatedUnion)) return [];
  // In environment variables, sources are identified by name, gateways by index.
  const envPath = [...path, path[0] === 'sources' ? 'NAME' : '0'];
  return element.options.map((option) => {
    const { kind, ...rest } = (option as z.ZodObject<{ kind: z.ZodLiteral<string> }>).shape;
    const [own] = Object.values<z.core.$ZodType>(rest);
    const isInline = own !== undefined && !(unwrap(own) instanceof z.ZodObject);
    const children = entriesOf(isInline ? z.strictObject(rest) : own, envPath);
    return { name: kind.value, isInList: true, isInline, children };
  });
}

/** The options of a zod object; for `false | object`, those of the object. */
function entriesOf(schema: z.core.$ZodType | undefined, envPath: readonly string[]): readonly Entry[] {
  const inner = schema && unwrap(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => entriesOf(option, envPath));
  if (!(inner instanceof z.ZodObject)) return [];
  const isSecret = (key: string) =>
    `${key}File` in inner.shape || (key.endsWith('File') && key.slice(0, -4) in inner.shape);
  return Object.entries(inner.shape).map(([key, value]): Entry => {
    const { description = '', examples = [] } = (value as z.ZodType).meta() ?? {};
    const children = entriesOf(value, envPath);
    const written = value instanceof z.ZodPrefault && children.length === 0 ? value.def.defaultValue : undefined;
    const env = isSecret(key) ? envName([...envPath, key]) : undefined;
    const isRequired = !(value instanceof z.ZodPrefault || value instanceof z.ZodOptional);
    return {
      key,
      doc: description,
      default: written,
      example: (examples as readonly unknown[])[0],
      isRequired,
      env,
      children,
      choices: [],
    };
  });
}
