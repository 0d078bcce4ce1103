import { z } from 'zod';
import { formats } from '../../../src/app/config/schema/formats.js';
import { isOption, type Option, schema, type Section } from '../../../src/app/config/schema/schema.js';
import { isSwitchable } from '../../../src/app/config/read/known-keys.js';

interface Json {
  [key: string]: unknown;
}

/** The JSON schema with which editors complete and check a configuration file. */
export const jsonSchema = (): Json => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Configuration of Islet',
  ...sectionSchema(schema),
});

function sectionSchema(section: Section): Json {
  const properties = Object.fromEntries(
    Object.entries(section).map(([key, node]) => [key, isOption(node) ? optionSchema(node) : subsection(node)]),
  );
  return { type: 'object', properties, additionalProperties: false };
}

function subsection(section: Section): Json {
  return isSwitchable(section) ? { anyOf: [{ const: false }, sectionSchema(section)] } : sectionSchema(section);
}

function optionSchema({ doc, format, default: usual, example }: Option): Json {
  const { $schema: _, ...json } = z.toJSONSchema(formats[format], {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => byKey(jsonSchema),
  });
  return {
    description: doc,
    ...json,
    ...(usual !== null && { default: usual }),
    ...(example !== undefined && { examples: [example] }),
  };
}

/** A keyed union is written under the name of its kind, or as only the name if it has no options. */
function byKey(json: Json): void {
  const properties = json['properties'] as Record<string, { const?: string }> | undefined;
  const kind = properties?.['kind']?.const;
  if (!properties || kind === undefined) return;
  delete properties['kind'];
  const isBare = !(json['required'] as string[]).includes(kind);
  const choice = { type: 'object', properties, required: [kind], additionalProperties: false };
  for (const key of Object.keys(json)) delete json[key];
  Object.assign(json, isBare ? { anyOf: [{ const: kind }, choice] } : choice);
}
