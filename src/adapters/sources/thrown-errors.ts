/** Converts a value thrown by a source, which may be anything, to an Error. */
export const thrownBy = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error(`it threw no error but ${typeof thrown === 'string' ? thrown : typeof thrown}`);

/** Why a module cannot be loaded. Adds the location or a remedy if Node's message lacks it. */
export function loadingProblem(error: Error): string {
  const { message, stack = '' } = error;
  if (error instanceof SyntaxError && stack.includes('compileSourceTextModule')) {
    return `${message}: \`node --check\` shows where, in it or in what it imports`;
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION' && /"\.[mc]?ts"/.test(message)) {
    return `this version of Node runs no TypeScript, take the JavaScript that tsc makes of it: ${message}`;
  }
  return message;
}
