import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A library that is loaded into the server, between SQLite and the disk. */
export interface ForgetfulDisk {
  /** The folder with the files as of their last sync. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** From now on, writes to the database fail, as on a read-only disk. */
  setReadOnly(isReadOnly: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Builds the library if there is a C compiler. */
export async function forgetfulDisk(): Promise<ForgetfulDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-disk-'));
  const file = join(folder, 'forgetful-disk.so');
  const flag = join(folder, 'read-only');
  const source = join(import.meta.dirname, 'forgetful-disk.c');
  try {
    await promisify(execFile)('cc', ['-shared', '-fPIC', '-O1', '-o', file, source, '-ldl']);
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    environment: { LD_PRELOAD: file, FORGETFUL_DISK: folder },
    setReadOnly: (isReadOnly) => (isReadOnly ? writeFile(flag, '') : rm(flag, { force: true })),
    remove: () => rm(folder, { recursive: true }),
  };
}
