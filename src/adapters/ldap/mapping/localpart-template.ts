import { isAttributeDescription } from '../protocol/filter-parser.js';

/** How the value of an attribute is inserted into a localpart. */
export interface Placeholder {
  readonly attribute: string;
  /**
   * `before-at`: the part before the first `@`. `default-domain`: the same, followed by `/domain` for other domains.
   */
  readonly modifier: 'whole' | 'before-at' | 'default-domain';
  readonly domain: string;
}

/** A sequence of text and placeholders. */
export type Template = readonly (string | Placeholder)[];

/**
 * Parses the configured localpart template: `{uid}`, `u{uid}`, `{mail|before-at}`,
 * `{userPrincipalName|default-domain:example.org}`.
 *
 * @throws Error with a message for the administrator
 */
export function parseTemplate(text: string): Template {
  const pieces = text.split(/(\{[^{}]*\})/).filter((piece) => piece !== '');
  const template = pieces.map((piece) =>
    piece.startsWith('{') && piece.endsWith('}') ? placeholder(piece) : plain(piece),
  );
  if (template.every((piece) => typeof piece === 'string')) {
    throw new Error(
      `the localpart ${JSON.stringify(text)} contains no attribute: write one in braces, such as "{uid}"`,
    );
  }
  return template;
}

export const placeholdersOf = (template: Template): readonly Placeholder[] =>
  template.filter((piece) => typeof piece !== 'string');

/** Applies the modifier of a placeholder to a value. Empty if there is nothing before the `@`. */
export function applyModifier({ modifier, domain }: Placeholder, value: string): string {
  const at = value.indexOf('@');
  if (modifier === 'whole' || at < 0) return value;
  const name = value.slice(0, at);
  const rest = value.slice(at + 1);
  if (name === '') return '';
  return modifier === 'before-at' || rest.toLowerCase() === domain.toLowerCase() ? name : `${name}/${rest}`;
}

function placeholder(piece: string): Placeholder {
  const [attribute = '', filter, ...others] = piece.slice(1, -1).split('|');
  if (!isAttributeDescription(attribute)) throw new Error(`${piece} is not an attribute name`);
  const [modifier, domain, ...rest] = filter?.split(':') ?? ['whole'];
  if (others.length > 0 || rest.length > 0) throw new Error(`${piece} has too many parts`);
  if ((modifier === 'whole' || modifier === 'before-at') && domain === undefined)
    return { attribute, modifier, domain: '' };
  if (modifier === 'default-domain' && domain) return { attribute, modifier, domain };
  throw new Error(
    `${piece} should be {${attribute}}, {${attribute}|before-at} or {${attribute}|default-domain:example.org}`,
  );
}

function plain(piece: string): string {
  if (/[{}]/.test(piece)) throw new Error(`a brace is missing near ${JSON.stringify(piece)}`);
  const [invalid] = /[^A-Za-z0-9._\-/+]/u.exec(piece) ?? [];
  if (invalid !== undefined) {
    throw new Error(
      `${JSON.stringify(invalid)} is not allowed in user names: a localpart is the part between @ and the colon, such as "u{uid}"`,
    );
  }
  return piece;
}
