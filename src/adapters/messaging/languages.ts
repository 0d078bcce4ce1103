const MOST_RANGES = 20;

/**
 * The available language that matches an `Accept-Language` header best; `undefined` if none does. `de-CH` matches `de`,
 * and `pt` matches `pt-BR`. Spec: RFC 9110 12.5.4, RFC 4647 3.4.
 */
export function negotiate(acceptLanguage: string | undefined, available: readonly string[]): string | undefined {
  for (const range of rangesOf(acceptLanguage ?? '')) {
    const found = suiting(range, available);
    if (found !== undefined) return found;
  }
  return undefined;
}

function suiting(range: string, available: readonly string[]): string | undefined {
  const named = (name: string) => available.find((language) => language.toLowerCase() === name);
  for (let name = range; name; name = name.slice(0, Math.max(name.lastIndexOf('-'), 0))) {
    const found = named(name);
    if (found !== undefined) return found;
  }
  return available.find((language) => language.toLowerCase().startsWith(`${range}-`));
}

/** In order of preference, without rejected and invalid languages. */
function rangesOf(acceptLanguage: string): readonly string[] {
  return acceptLanguage
    .slice(0, 1000)
    .toLowerCase()
    .split(',', MOST_RANGES)
    .map((item) => {
      const [range = '', ...parameters] = item.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return { range, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
    })
    .filter(({ range, weight }) => /^[a-z]{1,8}(?:-[a-z0-9]{1,8}){0,5}$/.test(range) && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ range }) => range);
}

const RIGHT_TO_LEFT = new Set(['ar', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** The value of the `dir` attribute. */
export const directionOf = (language: string): 'ltr' | 'rtl' =>
  RIGHT_TO_LEFT.has(language.split('-', 1)[0] ?? '') ? 'rtl' : 'ltr';
