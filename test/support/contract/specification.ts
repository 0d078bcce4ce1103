import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Response {
  readonly content?: { readonly 'application/json'?: { readonly schema: object } };
}

/** An operation in the OpenAPI data of the specification. */
export interface Operation {
  readonly method: string;
  /** The full path with its parameters in braces. */
  readonly path: string;
  /** By status: `200`, `3XX`. `undefined` if the data does not define the content of the response. */
  readonly answers: ReadonlyMap<string, ValidateFunction | undefined>;
}

const data = JSON.parse(readFileSync(new URL('../../spec/identity-api.bundle.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses?: Record<string, Response> }>>>>;
};

const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { int64: Number.isSafeInteger, uri: true } });

export const operations: readonly Operation[] = Object.entries(data.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { responses }]) =>
    responses ? [{ method: method.toUpperCase(), path, answers: answersOf(responses) }] : [],
  ),
);

function answersOf(responses: Record<string, Response>): Operation['answers'] {
  return new Map(
    Object.entries(responses).map(([status, { content }]) => {
      const schema = content?.['application/json']?.schema;
      return [status, schema && ajv.compile(schema)];
    }),
  );
}

const literals = new Set(operations.map(({ path }) => path));

/** The operation for this request. An exact path has precedence over one with a parameter. */
export function operationOf(method: string, path: string): Operation | undefined {
  const asked = path.replace(/(?<=.)\/$/, '');
  return operations.find(
    (operation) =>
      operation.method === method &&
      (operation.path === asked || (!literals.has(asked) && patternOf(operation.path).test(asked))),
  );
}

const patternOf = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
