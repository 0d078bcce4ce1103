import type { AdminClient } from './admin-client.js';
import { explanationText } from './explanation-text.js';
import type { TerminalStyle } from './terminal-style.js';

/**
 * Shows who answers for an address, and why.
 *
 * @returns the exit code: 0 if somebody does, 1 if nobody does
 */
export async function lookup(
  access: AdminClient,
  address: string,
  {
    isJson,
    paint,
    print,
  }: { readonly isJson: boolean; readonly paint: TerminalStyle; readonly print: (text: string) => void },
): Promise<number> {
  const explanation = await access.explain(address);
  print(isJson ? JSON.stringify(explanation, undefined, 2) : explanationText(explanation, paint));
  return explanation.mxid === undefined ? 1 : 0;
}
