import { z } from 'zod';
import { envName } from '../input/env-name.js';
import { formats, structured } from '../schema/formats.js';
import { isOption, schema, type Option, type Section } from '../schema/schema.js';
import { unwrap } from '../errors/zod-tree.js';

/** An option or a section, as people should hear of it. */
export interface Entry {
  readonly key: string;
  readonly doc: string;
  /** As it would be written; `undefined` for none. */
  readonly default: unknown;
  /** What it could be; `undefined` if no example is needed. */
  readonly example: unknown;
  readonly isRequired: boolean;
  /** Its environment variable. */
  readonly env: string | undefined;
  /** What stands in it, if it is a section. */
  readonly children: readonly Entry[];
  /** What can be chosen for it, if it is a list or a map. */
  readonly choices: readonly Choice[];
}

/** One thing of several: a kind of source, a homeserver. */
export interface Choice {
  /** `ldap`, or as an example of a name `example.org` */
  readonly name: string;
  readonly isInList: boolean;
  /** What stands in it stands beside its name, which is the first option itself. */
  readonly isInline: boolean;
  readonly children: readonly Entry[];
}

/** Sections in words; options speak for themselves. */
const SECTIONS: Readonly<Record<string, string>> = {
  server: 'Names of this server.',
  listen: 'Where clients and homeservers reach us.',
  admin: 'Health, metrics and the `islet` command.',
  database: 'Where bindings, sessions and mirrors are kept.',
  federation: 'How homeservers are found that `homeservers` does not name.',
  mail: 'How mail is sent.',
  sms: 'How text messages are sent.',
  templates: 'The words of mails, text messages and pages.',
  terms: 'What users have to accept before anything else.',
  signing: 'What signs associations.',
  v1: 'Version 1 of the API, which has no authentication.',
  lookup: 'Who is behind an address.',
  validation: 'How somebody proves that an address is theirs.',
  bindings: 'Addresses that users bind themselves.',
  accessTokens: 'What users sign in to this server with.',
  invites: 'Where invitation mails lead.',
  limits: 'How many, in what time; `false` in place of one, of a group or of all is without limit.',
  'limits.mail': 'Validation mails.',
  'limits.sms': 'Text messages.',
  'limits.invites': 'Invitations by mail.',
  'limits.wrongCodes': 'Guesses at a code.',
  'limits.lookup': 'Lookups.',
  'limits.signIn': 'Sign-ins.',
  log: 'What is logged, and where to.',
};

/** Everything that can be written, in the order in which it is best read. */
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

/** What the keys of a map look like, where they are no server names. */
const MAP_KEYS: Readonly<Record<string, string>> = { policies: 'privacy_policy', servers: '"@islet:example.org"' };

function choicesOf(format: z.core.$ZodType, path: readonly string[]): readonly Choice[] {
  if (format instanceof z.ZodRecord && unwrap(format.valueType) instanceof z.ZodObject) {
    const name = MAP_KEYS[path.at(-1) ?? ''] ?? 'example.org';
    return [{ name, isInList: false, isInline: false, children: entriesOf(format.valueType, path) }];
  }
  const element = format instanceof z.ZodArray ? unwrap(format.element) : undefined;
  if (!(element instanceof z.ZodDiscriminatedUnion)) return [];
  // Sources have names, gateways only have their place in the list.
  const envPath = [...path, path[0] === 'sources' ? 'NAME' : '0'];
  return element.options.map((option) => {
    const { kind, ...rest } = (option as z.ZodObject<{ kind: z.ZodLiteral<string> }>).shape;
    const [own] = Object.values<z.core.$ZodType>(rest);
    const isInline = own !== undefined && !(unwrap(own) instanceof z.ZodObject);
    const children = entriesOf(isInline ? z.strictObject(rest) : own, envPath);
    return { name: kind.value, isInList: true, isInline, children };
  });
}

/** What a zod section has; of one that can be off, what it has when it is on. */
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
