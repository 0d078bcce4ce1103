import type { SearchText } from '../../domain/directory/directory-entry.js';
import { isPrintable } from '../../domain/shared/printable.js';

/** The attributes by which people are found. */
export interface SearchAttributes {
  /**
   * Sources of the display name: attributes, or templates such as `{givenName} {sn}`. The first one for which the entry
   * has all values is used.
   */
  readonly name: readonly string[];
  /** Further attributes whose values are searched. */
  readonly attributes: readonly string[];
}

/** A sequence of text and attributes. */
type NameTemplate = readonly (string | { readonly attribute: string })[];

export interface SearchRules {
  readonly names: readonly NameTemplate[];
  readonly attributes: readonly string[];
}

const LONGEST = 255;
const MOST_KEYWORDS = 40;

/** @throws Error with a message for the administrator */
export const searchRulesOf = ({ name, attributes }: SearchAttributes): SearchRules => ({
  names: name.map(nameTemplate),
  attributes,
});

/** The attributes to request. */
export const searchedAttributes = (rules: SearchRules | undefined): readonly string[] =>
  rules
    ? [
        ...rules.names.flat().flatMap((piece) => (typeof piece === 'string' ? [] : piece.attribute)),
        ...rules.attributes,
      ]
    : [];

/**
 * The text by which a person is found. Of an address, only the part before the `@` is searched.
 *
 * @param valuesOf returns the values of an attribute
 */
export function searchTextOf(rules: SearchRules, valuesOf: (attribute: string) => readonly string[]): SearchText {
  const usable = (attribute: string) =>
    valuesOf(attribute).filter((value) => isPrintable(value) && value.length <= LONGEST);
  const names = rules.names.flatMap((template) => filled(template, usable) ?? []);
  const name = names.find((text) => text.length <= LONGEST);
  const keywords = rules.attributes.flatMap(usable).flatMap((value) => value.split('@', 1));
  return { ...(name !== undefined && { name }), keywords: [...new Set(keywords)].slice(0, MOST_KEYWORDS) };
}

/** `undefined` if the entry lacks one of the attributes. */
function filled(template: NameTemplate, valuesOf: (attribute: string) => readonly string[]): string | undefined {
  let text = '';
  for (const piece of template) {
    const value = typeof piece === 'string' ? piece : valuesOf(piece.attribute)[0];
    if (value === undefined) return undefined;
    text += value;
  }
  return text.trim() || undefined;
}

function nameTemplate(text: string): NameTemplate {
  if (!/[{}]/.test(text)) return [{ attribute: text }];
  const pieces = text.split(/(\{[^{}]*\})/).filter((piece) => piece !== '');
  const template = pieces.map((piece) => (/^\{.*\}$/.test(piece) ? { attribute: piece.slice(1, -1) } : piece));
  if (template.some((piece) => typeof piece === 'string' && /[{}]/.test(piece)))
    throw new Error(`search.name: a brace is missing in ${JSON.stringify(text)}`);
  return template;
}
