/** Converts a value thrown by a source, which may be anything, to an Error. */
export const thrownBy = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error(`it threw a value that is not an error: ${typeof thrown === 'string' ? thrown : typeof thrown}`);

/** Why a module cannot be loaded. Adds the location or a remedy if Node's message lacks it. */
export function loadingProblem(error: Error): string {
  const { message, stack = '' } = error;
  if (error instanceof SyntaxError && stack.includes('compileSourceTextModule')) {
    return `${message}: \`node --check\` shows the line, in the file or in a file that it imports`;
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION' && /"\.[mc]?ts"/.test(message)) {
    return `this version of Node does not run TypeScript: compile the file with tsc: ${message}`;
  }
  return message;
}
