import type { Command } from 'commander';
import type { LoadedConfig } from '../config/config.js';
import type { TerminalStyle } from './terminal-style.js';

interface Tools {
  /** A command that reads the configuration. */
  readonly command: (name: string, description: string, parent?: Command) => Command;
  readonly load: (file: string | undefined) => Promise<LoadedConfig>;
  /** The name of the operator, for the audit trail. */
  readonly operator: () => string | undefined;
  readonly output: { readonly print: (text: string) => void; readonly style: TerminalStyle };
}

/** `islet backup` and `restore`. */
export function addMoving({ command, load, output, operator }: Tools): void {
  command('backup', 'copy the database while the server runs, and check the copy')
    .argument('<file>', 'file to write; an existing file is never overwritten')
    .option('--key', 'copy the signing key as well, into <file>.key')
    .action(async (file: string, { config, key = false }: { config?: string; key?: boolean }) => {
      const { backupCommand } = await import('./backup.js');
      const loaded = await load(config);
      process.exitCode = await backupCommand(loaded.config, file, key, { ...output, cwd: process.cwd() });
    });

  command('restore', 'restore the database from a backup; the server must be stopped')
    .argument('<file>', 'file that `islet backup` wrote')
    .option('--key <file>', 'copy of the signing key, restored if there is none')
    .option('--replace', 'rename an existing database instead of refusing')
    .action(async (file: string, { config, ...options }: { config?: string; key?: string; replace?: boolean }) => {
      const { restoreCommand } = await import('./restore.js');
      const loaded = await load(config);
      process.exitCode = await restoreCommand(
        loaded.config,
        file,
        { ...options, operator: operator() },
        { ...output, cwd: process.cwd() },
      );
    });
}
