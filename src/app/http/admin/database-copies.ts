import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RequestError } from '../request-error.js';
import type { DatabaseCopies } from './backup.js';

const NAME = /^backup-[0-9a-f-]{36}\.tmp(-journal|-wal|-shm)?$/;

/**
 * Copies of the database, made in its own folder, where there is enough space and only its owner can read them.
 * Incomplete copies of an earlier process are removed.
 */
export async function openDatabaseCopies(
  dataDir: string,
  copy: (file: string) => Promise<void>,
): Promise<DatabaseCopies> {
  for (const name of await readdir(dataDir)) if (NAME.test(name)) await rm(join(dataDir, name));
  let isRunning = false;
  return {
    async make() {
      if (isRunning) throw new RequestError('backup_running', 'Another backup is running');
      isRunning = true;
      const file = join(dataDir, `backup-${randomUUID()}.tmp`);
      const remove = async () => {
        isRunning = false;
        await rm(file, { force: true });
        await rm(`${file}-journal`, { force: true });
      };
      try {
        await copy(file);
        return { file, bytes: (await stat(file)).size, remove };
      } catch (error) {
        await remove();
        throw error;
      }
    },
  };
}
