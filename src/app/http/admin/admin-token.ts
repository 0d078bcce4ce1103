import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileIn = (dataDir: string): string => join(dataDir, 'admin-token');

/**
 * A shorter token was not written completely, or not by Islet. Guessing the token gives full access to the admin
 * listener.
 */
const LEAST_LENGTH = 16;

/**
 * The token with which commands authenticate to the running server. It is created at the first start, readable only
 * by the user of the server.
 */
export async function openAdminToken(dataDir: string): Promise<string> {
  const known = await readAdminToken(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  if (known.length >= LEAST_LENGTH) return known;
  const token = randomBytes(32).toString('base64url');
  const file = fileIn(dataDir);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${token}\n`, { mode: 0o600 });
  await rename(draft, file);
  return token;
}

/** @throws if there is none, or this process may not read it */
export async function readAdminToken(dataDir: string): Promise<string> {
  return (await readFile(fileIn(dataDir), 'utf8')).trim();
}
