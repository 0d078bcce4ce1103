import { checkTemplates } from '../../adapters/messaging/template-check.js';
import { Templates } from '../../adapters/messaging/templates.js';
import type { Config } from '../config/config.js';
import type { TerminalStyle } from './terminal-style.js';
import { printableJson } from '../../domain/shared/printable.js';

/**
 * Renders every text of every brand in every language, and prints the errors, one line each.
 *
 * @returns the exit code: 0 if there are no errors, 1 otherwise
 */
export function templatesCheck(
  { templates: options, server }: Config,
  {
    isJson,
    style,
    print,
  }: { readonly isJson: boolean; readonly style: TerminalStyle; readonly print: (text: string) => void },
): number {
  const templates = new Templates({ ...options, serverName: server.name });
  const problems = checkTemplates(templates);
  const brands = templates.brands.map((name) => ({ name, languages: [...templates.languages(name)].sort() }));
  if (isJson) print(printableJson({ isFine: problems.length === 0, problems, brands }));
  else if (problems.length > 0) print(problems.map((problem) => style.bad(problem)).join('\n'));
  else print(brands.map(({ name, languages }) => style.good(`${name}: fine in ${languages.join(', ')}`)).join('\n'));
  return problems.length === 0 ? 0 : 1;
}
