import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Record = z.object({ id: z.string(), database: z.string(), keyId: z.string(), publicKey: z.string() });

/** What a data folder stores about the last start: the database, and the signing key. */
export type InstallationRecord = Readonly<z.infer<typeof Record>>;

export const installationFile = (dataDir: string): string => join(dataDir, 'installation.json');

/**
 * The stored record; `undefined` before the first start.
 *
 * @throws Error with the path if the file exists but cannot be read
 */
export async function readInstallationFile(dataDir: string): Promise<InstallationRecord | undefined> {
  const file = installationFile(dataDir);
  try {
    return Record.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(
      `${file} cannot be read: restore a copy of it, or check that the database is the correct one and remove the file`,
      {
        cause,
      },
    );
  }
}

/** An atomic write: readers see the old record or the new one, also after a power failure. */
export async function writeInstallationFile(dataDir: string, record: InstallationRecord): Promise<void> {
  const file = installationFile(dataDir);
  const draft = `${file}.${process.pid}`;
  try {
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(record, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new Error(`${file} cannot be written`, { cause });
  }
}
