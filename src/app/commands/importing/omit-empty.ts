import type { Given } from '../../config/docs/example.js';

/** Without empty options, and without sections that become empty. */
export function omitEmpty(given: Readonly<Record<string, unknown>>): Given {
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]): [string, unknown][] => {
      if (value === undefined) return [];
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[key, value]];
      const inner = omitEmpty(value as Given);
      return Object.keys(inner).length > 0 ? [[key, inner]] : [];
    }),
  );
}
