import fc from 'fast-check';
import { anyText } from './any-text.js';

/** Any request, valid or invalid. */
export interface AnyRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Text with a special meaning for Islet, a parser, a database or a browser. */
const words = [
  ['', ' ', '0', '-1', '1e309', 'null', 'true', '٣', '%00', '%ff', '=', '__proto__', 'constructor', 'toString'],
  ['\u0000', '\ud83d', '\u{1f600}', '\u202e', '\u2028', '\ufeff', 'ß', 'İ', 'a\nb', 'a\r\nb: c'],
  ['@', '@a:b', '@:', '@a:b:c', 'a@b', 'a@b@c', 'ALICE@EXAMPLE.COM', '110', 'GB', '+447700900001', '447700900001'],
  ['email', 'msisdn', 'sha256', 'none', 'matrixrocks', '!room:example.org', '127.0.0.1:22', '[::1]'],
  ['https://example.org', 'javascript:alert(1)', '<script>', '${7*7}', '{{7*7}}', '../../etc/passwd'],
  ["' OR 1=1 --", '(|(uid=*))', '*'],
  ['a'.repeat(256), 'é'.repeat(200), 'A'.repeat(43)],
].flat();

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: anyText(40) },
  { weight: 1, arbitrary: fc.string({ maxLength: 300 }) },
);
const value = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, -1, 1.5, 2 ** 53, -(2 ** 63), 5e-324) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Valid parameters, with some of them wrong, missing or additional. */
function parametersLike(right: Parameters): fc.Arbitrary<Parameters> {
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...Object.keys(right), 'brand', 'confirm', '__proto__', '') },
    { weight: 1, arbitrary: text },
  );
  const wrong = fc.dictionary(name, value, { maxKeys: 2, noNullPrototype: true });
  const missing = rarely(fc.constantFrom(...Object.keys(right), ''));
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(right) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(wrong, missing)
        .map(([more, gone]) =>
          Object.fromEntries(Object.entries({ ...right, ...more }).filter(([key]) => key !== gone)),
        ),
    },
    { weight: 1, arbitrary: wrong },
  );
}

const wellFormed = (content: unknown) =>
  typeof content === 'string' ? content.toWellFormed() : JSON.stringify(content);

const asForm = (parameters: Parameters): string =>
  Object.entries(parameters)
    .map(([name, content]) => `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(wellFormed(content))}`)
    .join('&');

/** All valid ways to send parameters, and some invalid ones. */
const encodings = {
  json: (parameters: Parameters) => ({ body: JSON.stringify(parameters), type: 'application/json' }),
  'JSON as text': (parameters: Parameters) => ({ body: JSON.stringify(parameters), type: 'text/plain' }),
  'JSON as a form': (parameters: Parameters) => ({ body: JSON.stringify(parameters), type: FORM }),
  form: (parameters: Parameters) => ({ body: asForm(parameters), type: FORM }),
  'form as JSON': (parameters: Parameters) => ({ body: asForm(parameters), type: 'application/json' }),
  query: (parameters: Parameters) => ({ query: asForm(parameters), body: '', type: 'application/json' }),
  'query and no body': (parameters: Parameters) => ({ query: asForm(parameters) }),
  'both at once': (parameters: Parameters) => ({
    query: asForm(parameters),
    body: JSON.stringify(parameters),
    type: 'application/json',
  }),
} as const;

const FORM = 'application/x-www-form-urlencoded';

/** In one of five cases. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** A body with these bytes, some of them possibly changed. */
const damaged = (body: string, damage: readonly (readonly [at: number, byte: number])[]): Uint8Array => {
  const bytes = Buffer.from(body);
  for (const [at, byte] of damage) if (bytes.length > 0) bytes[at % bytes.length] = byte;
  return bytes;
};

/**
 * Requests to an endpoint: valid ones and variations of them.
 *
 * @param right the parameters of the endpoint
 */
export function requestsTo(method: string, path: string, right: Parameters): fc.Arbitrary<AnyRequest> {
  const damages = fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 2 });
  const junk = fc.string({ maxLength: 30 }).map((tail) => encodeURI(tail.toWellFormed()).replaceAll('#', '%'));
  return fc
    .record({
      parameters: method === 'GET' ? parametersLike(right) : fc.oneof(parametersLike(right), value),
      encoding: fc.constantFrom(...(Object.keys(encodings) as (keyof typeof encodings)[])),
      damage: rarely(damages),
      tail: rarely(junk),
      otherType: rarely(fc.constantFrom('text/html', 'application/json; charset=latin1', 'x')),
    })
    .map(({ parameters, encoding, damage, tail, otherType }): AnyRequest => {
      const isObject = typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters);
      const {
        query = '',
        body,
        type,
      } = (
        isObject
          ? encodings[method === 'GET' ? 'query and no body' : encoding](parameters as Parameters)
          : { body: JSON.stringify(parameters) }
      ) as { query?: string; body?: string; type?: string };
      const contentType = otherType ?? type;
      return {
        method,
        path,
        query: [query, tail ?? ''].filter(Boolean).join('&'),
        headers: contentType === undefined ? {} : { 'content-type': contentType },
        body: body === undefined || damage === undefined ? body : damaged(body, damage),
      };
    });
}
