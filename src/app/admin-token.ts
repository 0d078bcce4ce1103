import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileIn = (dataDir: string): string => join(dataDir, 'admin-token');

/** The token that commands show to the running server; made at the first start, for the server's account to read. */
export async function openAdminToken(dataDir: string): Promise<string> {
  const file = fileIn(dataDir);
  try {
    await writeFile(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readAdminToken(dataDir);
}

/** @throws if there is none, or it is not for us to read */
export async function readAdminToken(dataDir: string): Promise<string> {
  return (await readFile(fileIn(dataDir), 'utf8')).trim();
}
