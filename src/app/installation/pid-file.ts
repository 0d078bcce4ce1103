import { rm, writeFile } from 'node:fs/promises';

/** Writes the ID of this process for scripts that send it signals. @throws an error that names the option */
export async function writePidFile(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  await writeFile(file, `${process.pid}\n`).catch((cause: unknown) => {
    throw new Error('pidFile cannot be written', { cause });
  });
}

export async function removePidFile(file: string | undefined): Promise<void> {
  if (file !== undefined) await rm(file, { force: true });
}
