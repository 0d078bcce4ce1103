import { randomUUID } from 'node:crypto';
import { access, chown, constants, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The access token of Islet's account at an upstream. It is read again from its file when the upstream refuses it. */
export class AccessToken {
  /**
   * @param value `undefined`: there is no account; `''`: the file does not contain a token yet
   * @param file the file in which a new token may appear
   */
  constructor(
    public value: string | undefined,
    private readonly file: string | undefined,
  ) {}

  /** Reads the file again. @returns whether it contains a token other than the refused one */
  async renew(refused: string | undefined): Promise<boolean> {
    if (this.file !== undefined && this.value === refused) {
      // If the file cannot be read, the caller reports the refused token.
      this.value = await readFile(this.file, 'utf8').then(
        (text) => text.trim() || refused,
        () => refused,
      );
    }
    return this.value !== refused;
  }
}

/**
 * Checks that a token can be saved in this folder, before a token is requested.
 *
 * @throws Error naming the folder
 */
export async function prepareTokenFile(file: string): Promise<void> {
  const folder = dirname(file);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(`${folder} is not writable`, { cause });
  }
}

/**
 * Saves a token, readable only by its owner. The write is atomic: readers see either the old or the new token.
 *
 * @param owner the owner of the file, if it is not the current user
 */
export async function saveToken(
  file: string,
  token: string,
  owner?: { readonly uid: number; readonly gid: number },
): Promise<void> {
  await prepareTokenFile(file);
  const fresh = `${file}.${randomUUID()}`;
  try {
    await writeFile(fresh, `${token}\n`, { mode: 0o600, flag: 'wx' });
    if (owner) await chown(fresh, owner.uid, owner.gid);
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
