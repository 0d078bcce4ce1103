import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileIn = (dataDir: string): string => join(dataDir, 'admin-token');

/** What is shorter was not written to its end, or not by us: whoever guesses it has the admin listener. */
const LEAST_LENGTH = 16;

/** The token that commands show to the running server; made at the first start, for the server's account to read. */
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

/** @throws if there is none, or it is not for us to read */
export async function readAdminToken(dataDir: string): Promise<string> {
  return (await readFile(fileIn(dataDir), 'utf8')).trim();
}
