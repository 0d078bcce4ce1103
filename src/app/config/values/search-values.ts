import { isAttributeDescription } from '../../../adapters/ldap/protocol/filter-parser.js';
import { searchRulesOf } from '../../../adapters/shared/search-text.js';
import { sourceName } from './source-name.js';
import { asList, asText, valueType, InvalidValueError } from './value-type.js';

const LIST = { type: 'array', items: { type: 'string' } } as const;

/** Names of sources. */
const sourceNames = valueType(LIST, (value) =>
  asList(value).map((element) => {
    const { success, data } = sourceName.safeParse(element);
    if (success) return data;
    if (element === 'bindings')
      throw new InvalidValueError('must not name bindings: they hold addresses alone, and no names');
    throw new InvalidValueError('must be names of sources');
  }),
);

/** Attributes, or templates with attributes. */
const nameTemplates = valueType(LIST, (value) => {
  const texts = asList(value).map(asText);
  try {
    const attributes = searchRulesOf({ name: texts, attributes: [] }).names.flat();
    if (attributes.every((piece) => typeof piece === 'string' || isAttributeDescription(piece.attribute))) return texts;
  } catch (error) {
    throw new InvalidValueError((error as Error).message);
  }
  throw new InvalidValueError(
    'must be names of attributes such as displayName, or templates such as "{givenName} {sn}"',
  );
});

const searchedAttributes = valueType(LIST, (value) =>
  asList(value).map((element) => {
    const text = asText(element);
    if (isAttributeDescription(text)) return text;
    throw new InvalidValueError('must be names of attributes such as givenName');
  }),
);

/** The name shown for a person without an account. */
export const markedName = valueType({ type: 'string' }, (value) => {
  const text = asText(value);
  if (text.includes('{name}')) return text;
  throw new InvalidValueError('must hold {name}, such as "{name} (no account yet)"');
});

/** Value types for the search for people. */
export const searchKinds = { sourceNames, nameTemplates, searchedAttributes, markedName };
