import { z } from 'zod';
import { type FormatName, formats } from '../schema/formats.js';
import { report } from '../errors/zod-issues.js';
import type { KeyPath, Problems } from '../errors/problems.js';
import { isOption, type Option, schema, type Section } from '../schema/schema.js';
import { optionsOf } from '../schema/schema-tree.js';
import { suggestKey } from '../errors/unknown-key.js';

type Data = Readonly<Record<string, unknown>>;

const allKeys = optionsOf(schema).map(({ path }) => path.join('.'));

/** The sections and options of a file that convict knows. The others are reported. */
export function knownKeys(section: Section, data: Data, problems: Problems, at: KeyPath = []): Data {
  const known: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data)) {
    if (value === undefined) continue;
    const path = [...at, key];
    const node = Object.hasOwn(section, key) ? section[key] : undefined;
    if (node === undefined) {
      problems.add(path, 'unknown key', suggestKey(key, Object.keys(section), at[0]?.toString(), allKeys));
    } else if (isOption(node)) {
      const fit = fitForConvict(node, value, path, problems);
      if (fit !== undefined) known[key] = fit;
    } else if (isData(value)) {
      known[key] = knownKeys(node, value, problems, path);
    } else if (value === false && isSwitchable(node)) {
      known[key] = knownKeys(node, allOff(node), problems, path);
    } else {
      problems.add(path, 'must be a section with keys');
    }
  }
  return known;
}

const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value, unless its type does not fit the option: that is reported. */
function fitForConvict({ format }: Option, value: unknown, path: KeyPath, problems: Problems): unknown {
  if (isData(value) === isMap(format)) return forConvict(format, value);
  const { error } = formats[format].safeParse(value, { reportInput: true });
  report(formats[format], error?.issues ?? [], path, problems);
  return undefined;
}

const isMap = (format: FormatName): boolean => formats[format] instanceof z.ZodRecord;

/** Convict splits keys at dots, and server names contain dots. Maps are therefore passed as lists of pairs. */
export const forConvict = (format: FormatName, value: unknown): unknown =>
  isMap(format) ? Object.entries(value as Data) : value;

/** The inverse of `forConvict`. */
export const fromConvict = (format: FormatName, value: unknown): unknown =>
  isMap(format) ? Object.fromEntries(value as [string, unknown][]) : value;

/** Whether `false` instead of a section turns off all of its options. */
export const isSwitchable = (section: Section): boolean =>
  optionsOf(section).every(({ option }) => isLimit(option) || option.format === 'serverLimits');

const isLimit = ({ format }: Option): boolean => format === 'rate' || format === 'cap';

/** Turns off all limits. Limits for single subjects, which replace other limits, are removed with them. */
const allOff = (section: Section): Data =>
  Object.fromEntries(
    Object.entries(section).flatMap(([key, node]) => (isOption(node) && !isLimit(node) ? [] : [[key, false]])),
  );
