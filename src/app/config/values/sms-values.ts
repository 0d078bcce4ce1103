import { unknownHoles } from '../../../adapters/messaging/sms/http-gateway.js';
import { parseOriginator } from '../../../adapters/messaging/sms/originators.js';
import { asUrl } from './addresses.js';
import { asText, valueType, InvalidValueError, wholeNumber } from './value-type.js';

/** `long:12125552368`, `short:12345`, `alpha:Matrix` */
const originators = valueType(
  { type: 'array', items: { type: 'string', pattern: '^(long|short|alpha):.+$' } },
  (value) => {
    const list = (Array.isArray(value) ? value : [value]).map((element) => {
      const originator = parseOriginator(asText(element));
      if (originator) return originator;
      throw new InvalidValueError('must be long:NUMBER, short:NUMBER, or alpha:NAME with at most 11 characters');
    });
    if (list.length === 0) throw new InvalidValueError('is empty', 'leave it out instead');
    return list;
  },
);

/** Text with placeholders. */
const template = valueType({ type: 'string' }, (value) => withKnownHoles(asText(value)));

/** A URL with these placeholders. */
const urlTemplate = valueType({ type: 'string' }, (value) => {
  const text = withKnownHoles(asText(value));
  asUrl(text.replaceAll(/\{\{[^{}]*\}\}/g, 'x'), ['https:', 'http:']);
  return text;
});

function withKnownHoles(text: string): string {
  if (unknownHoles(text).length > 0)
    throw new InvalidValueError(
      'may contain only the placeholders {{number}}, {{originator}}, {{text}}, {{password}} and {{alphabet:A|B}}',
    );
  return text;
}

/** A header value, or `{ file: PATH }` for a secret one. */
const header = valueType(
  { anyOf: [{ type: 'string' }, { type: 'object', properties: { file: { type: 'string' } }, required: ['file'] }] },
  (value): { readonly value?: string; readonly file?: string } => {
    if (typeof value !== 'object' || value === null) return { value: oneLine(asText(value)) };
    const { file, ...others } = value as { file?: unknown };
    if (Object.keys(others).length > 0) throw new InvalidValueError('must be text, or a section with the key "file"');
    return { file: asText(file) };
  },
);

function oneLine(text: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]+$/.test(text)) return text;
  throw new InvalidValueError('must be one line of characters that are allowed in headers');
}

const pattern = valueType({ type: 'string', format: 'regex' }, (value) => {
  try {
    return new RegExp(asText(value));
  } catch (error) {
    if (error instanceof InvalidValueError) throw error;
    throw new InvalidValueError('must be a regular expression');
  }
});

const statuses = valueType({ type: 'array', items: { type: 'integer', minimum: 200, maximum: 599 } }, (value) =>
  (Array.isArray(value) ? value : [value]).map((status) => wholeNumber(status, 200, 599)),
);

/** Value types for text messages. */
export const smsKinds = { originators, template, urlTemplate, header, pattern, statuses };
