import { randomUUID } from 'node:crypto';
import { access, chown, constants, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The token of our account at an upstream, read again from its file once it is refused. */
export class AccessToken {
  /**
   * @param value `undefined`: we have no account, `''`: its token is not in the file yet
   * @param file where another one may appear
   */
  constructor(
    public value: string | undefined,
    private readonly file: string | undefined,
  ) {}

  /** Whether there is another one than this, which was refused. */
  async renew(refused: string | undefined): Promise<boolean> {
    if (this.file !== undefined && this.value === refused) {
      // Without a file, that the token is refused is what the caller tells.
      this.value = await readFile(this.file, 'utf8').then(
        (text) => text.trim() || refused,
        () => refused,
      );
    }
    return this.value !== refused;
  }
}

/**
 * Makes sure that a token can be put there, before one is asked for.
 *
 * @throws Error naming the folder
 */
export async function prepareTokenFile(file: string): Promise<void> {
  const folder = dirname(file);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(`nothing can be written into ${folder}`, { cause });
  }
}

/**
 * Puts a token there, for its owner alone to read; whoever reads sees the old one or the new one.
 *
 * @param owner who gets the file if it is not us
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
