import { styleText } from 'node:util';

/** How text is highlighted on a terminal; on a pipe it is not. */
export interface TerminalStyle {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const plain = (text: string): string => text;

export const plainStyle: TerminalStyle = { bold: plain, dim: plain, good: plain, bad: plain };

/** @param environment https://no-color.org is respected */
export function terminalStyle(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): TerminalStyle {
  if (!stream.isTTY || environment['NO_COLOR']) return plainStyle;
  return {
    bold: (text) => styleText('bold', text),
    dim: (text) => styleText('dim', text),
    good: (text) => styleText('green', text),
    bad: (text) => styleText('red', text),
  };
}
