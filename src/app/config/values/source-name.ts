import { asText, valueType, InvalidValueError } from './value-type.js';

/** The name of a source in logs, commands and the names of its environment variables. */
export const sourceName = valueType({ type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$' }, (value) => {
  const text = asText(value);
  if (text === 'bindings')
    throw new InvalidValueError('is reserved for the bindings of this server', 'choose another name');
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(text)) return text;
  throw new InvalidValueError('must be a short name of letters, digits, hyphens, dots and underscores');
});
