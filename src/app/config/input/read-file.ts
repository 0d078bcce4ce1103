import { statSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Why a file cannot be read, with the facts that an administrator needs to fix it. */
export function cannotRead(path: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${path} does not exist`;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return `${path} is not in UTF-8`;
  if (code === 'ETIMEDOUT') return `${path} is a pipe, and no process writes to it`;
  if (code === 'ELOOP') return `${path} is a symbolic link in a loop`;
  if (code === 'EISDIR') return `${path} is a folder, not a file`;
  if (code !== 'EACCES' && code !== 'EPERM') return `${path} cannot be read (${code})`;
  return `${path} cannot be read by ${processUser()}: ${ownership(path)}`;
}

function ownership(path: string): string {
  try {
    const { uid, gid, mode } = statSync(path);
    return `it belongs to uid ${uid}, gid ${gid} and has mode 0${(mode & 0o777).toString(8)}`;
  } catch {
    return 'a folder above it is not accessible';
  }
}

/** The user of this process: `islet (uid 998)`. */
export function processUser(): string {
  const uid = process.geteuid?.();
  if (uid === undefined) return 'the user of this process';
  try {
    const { username, uid: named } = userInfo();
    return named === uid ? `${username} (uid ${uid})` : `uid ${uid}`;
  } catch {
    return `uid ${uid}`; // containers may run as users without a name
  }
}
