import type { Command } from 'commander';
import type { LoadedConfig } from '../config/config.js';
import type { TerminalStyle } from './terminal-style.js';

interface Tools {
  /** A command that reads the configuration. */
  readonly command: (name: string, description: string, parent?: Command) => Command;
  readonly load: (file: string | undefined) => Promise<LoadedConfig>;
  readonly output: { readonly print: (text: string) => void; readonly paint: TerminalStyle };
}

/** `islet backup` and `restore`. */
export function addMoving({ command, load, output }: Tools): void {
  command('backup', 'copy the database while the server runs, and check the copy')
    .argument('<file>', 'file to write; an existing file is never overwritten')
    .option('--key', 'copy the signing key as well, into <file>.key')
    .action(async (file: string, { config, key = false }: { config?: string; key?: boolean }) => {
      const { backupCommand } = await import('./backup.js');
      const loaded = await load(config);
      process.exitCode = await backupCommand(loaded.config, file, key, { ...output, cwd: process.cwd() });
    });

  command('restore', 'put a backup in the place of the database; the server must be stopped')
    .argument('<file>', 'file that `islet backup` wrote')
    .option('--key <file>', 'copy of the signing key, put in its place if there is none')
    .option('--replace', 'move a database that is there aside')
    .action(async (file: string, { config, ...options }: { config?: string; key?: string; replace?: boolean }) => {
      const { restoreCommand } = await import('./restore.js');
      const loaded = await load(config);
      process.exitCode = await restoreCommand(loaded.config, file, options, { ...output, cwd: process.cwd() });
    });
}
