import type { AdminClient } from './admin-client.js';
import { explanationText } from './explanation-text.js';
import type { TerminalStyle } from './terminal-style.js';
import { printable, printableJson } from '../../domain/shared/printable.js';

/**
 * Shows which source answers for an address, and why.
 *
 * @returns the exit code: 0 if there is an answer, 1 if not
 */
export async function lookup(
  access: AdminClient,
  address: string,
  {
    isJson,
    style,
    print,
  }: { readonly isJson: boolean; readonly style: TerminalStyle; readonly print: (text: string) => void },
): Promise<number> {
  const explanation = await access.explain(address);
  print(isJson ? printableJson(explanation) : explanationText(printable(explanation), style));
  return explanation.mxid === undefined ? 1 : 0;
}
