import { z } from 'zod';

/** A zod schema without its wrappers: optional, default, preprocessing. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPipe && schema.in instanceof z.ZodTransform) return unwrap(schema.out);
  return schema;
}

/** The keys that a section, or one of several sections, may have. */
export function keysOf(schema: z.core.$ZodType | undefined): readonly string[] {
  if (schema === undefined) return [];
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return Object.keys(inner.shape);
  return inner instanceof z.ZodUnion ? inner.options.flatMap(keysOf).filter((key) => key !== 'kind') : [];
}

/** The schema at `path` below a schema. */
export function schemaAt(
  schema: z.core.$ZodType | undefined,
  path: readonly PropertyKey[],
): z.core.$ZodType | undefined {
  const [part, ...rest] = path;
  if (schema === undefined || part === undefined) return schema;
  return schemaAt(child(unwrap(schema), part), rest);
}

function child(schema: z.core.$ZodType, part: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodObject) return schema.shape[String(part)];
  if (!(schema instanceof z.ZodUnion)) return undefined;
  return schema.options.map((option) => child(unwrap(option), part)).find((found) => found !== undefined);
}
