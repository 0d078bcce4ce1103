/** The oldest Node.js version that Islet supports, as in `engines` in `package.json`. */
const OLDEST = { major: 20, minor: 17 };
/** The newest Node.js version that Islet was tested with. */
const NEWEST_TRIED = 26;

/**
 * What an administrator must know about the Node.js version. This file imports nothing, so that it runs on versions
 * that are too old for the rest.
 *
 * @param version for example `20.17.0`
 */
export function versionProblem(version: string): { readonly error?: string; readonly warning?: string } {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
    return {
      error: `needs Node.js ${OLDEST.major}.${OLDEST.minor} or later, and this is Node.js ${version}. Install a newer one from your distribution or nodejs.org.`,
    };
  }
  if (major > NEWEST_TRIED) {
    return { warning: `was tried with Node.js ${OLDEST.major} to ${NEWEST_TRIED}, and this is Node.js ${version}.` };
  }
  return {};
}
