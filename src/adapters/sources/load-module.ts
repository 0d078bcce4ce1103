import { pathToFileURL } from 'node:url';
import type { OpenSource } from '../../source.js';

/**
 * The source that a module makes by the function that it exports by default.
 *
 * @param file its absolute path
 */
export const fromModule =
  (file: string): OpenSource =>
  async (options, context) => {
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    if (typeof module.default !== 'function') throw new Error('it has no function as its default export');
    return (module.default as OpenSource)(options, context);
  };
