import { pathToFileURL } from 'node:url';
import type { OpenSource } from '../../source.js';

/**
 * The source created by the default export of a module, which is a function.
 *
 * @param file its absolute path
 */
export const fromModule =
  (file: string): OpenSource =>
  async (options, context) => {
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    const open = functionIn(module.default);
    if (!open) throw new Error('its default export is not a function');
    return open(options, context);
  };

/** TypeScript and bundlers that produce CommonJS wrap the default export in another object. */
function functionIn(exported: unknown): OpenSource | undefined {
  const inner =
    typeof exported === 'object' && exported !== null && 'default' in exported ? exported.default : exported;
  return typeof inner === 'function' ? (inner as OpenSource) : undefined;
}
