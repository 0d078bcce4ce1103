import ldapjs from 'ldapjs';
import { ROOT } from '../../../adapters/ldap/protocol/search-base.js';
import { isAttributeDescription, parseFilter } from '../../../adapters/ldap/protocol/filter-parser.js';
import { parseTemplate } from '../../../adapters/ldap/mapping/localpart-template.js';
import { isRegion } from '../../../domain/identifiers/phone-number.js';
import { asUrl } from './addresses.js';
import { asText, valueType, InvalidValueError } from './value-type.js';

const oneOrMore = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] };

/** A list, or its only element. Commas are not separators, because distinguished names contain them. */
function texts(value: unknown): readonly string[] {
  const list = (Array.isArray(value) ? value : [value]).map(asText);
  if (list.length === 0) throw new InvalidValueError('is empty');
  return list;
}

/** Validates text with a parser of the LDAP adapter, whose errors describe the problem. */
function passing(read: (text: string) => unknown, text: string): string {
  try {
    read(text);
    return text;
  } catch (error) {
    throw new InvalidValueError(`is not valid: ${(error as Error).message}`);
  }
}

const urls = valueType(oneOrMore, (value) =>
  texts(value).map((element) => {
    const url = asUrl(element, ['ldaps:', 'ldap:']);
    if (url.username || url.password) throw new InvalidValueError('must not contain a user name', 'use bindDn instead');
    if (!['', '/'].includes(url.pathname) || url.search || url.hash) {
      throw new InvalidValueError('must be a scheme, a host and a port', 'use bases and filter instead');
    }
    return `${url.protocol}//${url.host}`;
  }),
);

const bases = valueType(oneOrMore, (value) => {
  if (value === ROOT) throw new InvalidValueError('is empty', 'write [""] for the whole forest of a global catalog');
  const list: readonly unknown[] = Array.isArray(value) && value.length > 0 ? value : texts(value);
  return list.map((element) => (element === ROOT ? ROOT : asDn(asText(element))));
});

function asDn(text: string): string {
  try {
    ldapjs.parseDN(text);
    return text;
  } catch {
    throw new InvalidValueError('must be distinguished names such as ou=people,dc=example,dc=org');
  }
}

const attribute = valueType({ type: 'string' }, (value) => asAttribute(asText(value)));

const attributes = valueType(oneOrMore, (value) => texts(value).map(asAttribute));

function asAttribute(text: string): string {
  if (isAttributeDescription(text)) return text;
  throw new InvalidValueError('must be names of LDAP attributes, such as mail');
}

const filter = valueType({ type: 'string' }, (value) => passing(parseFilter, asText(value)));

const localpart = valueType({ type: 'string' }, (value) => passing(parseTemplate, asText(value)));

/** A country code of two letters. */
const region = valueType({ type: 'string', pattern: '^[A-Za-z]{2}$' }, (value) => {
  const letters = asText(value).toUpperCase();
  if (isRegion(letters)) return letters;
  throw new InvalidValueError('must be a country code of two letters, such as DE or GB');
});

/** Value types for directories. */
export const directoryKinds = { urls, bases, attribute, attributes, filter, localpart, region };
