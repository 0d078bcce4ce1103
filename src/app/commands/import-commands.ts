import type { Command } from 'commander';
import type { LogTelemetry } from '../../adapters/system/log-telemetry.js';
import type { LoadedConfig } from '../config/config.js';
import type { ConfigImport } from './import-conf.js';
import type { ImportJob } from './import-data.js';
import type { Output } from './operations.js';

interface Tools {
  /** A command that reads the configuration. */
  readonly command: (name: string, description: string, parent?: Command) => Command;
  readonly load: (file: string | undefined) => Promise<LoadedConfig>;
  readonly quietLog: () => Promise<LogTelemetry>;
  readonly output: Omit<Output, 'isJson'>;
}

interface Common {
  readonly config?: string;
  readonly apply?: boolean;
  readonly json?: boolean;
}

/** `islet import …` */
export function addImports(program: Command, { command, load, quietLog, output }: Tools): void {
  const imports = program.command('import').description('import from another identity server');

  imports
    .command('sydent-conf')
    .description('write a commented configuration file from sydent.conf')
    .argument('<file>', 'sydent.conf, of Sydent or of its fork with LDAP lookups')
    .option('--output <file>', 'file to write; an existing file is never overwritten', 'islet.yaml')
    .option('--data-dir <folder>', 'folder for the database, keys and caches')
    .option('--templates <folder>', 'new folder into which its templates are translated')
    .option('--language <tag>', 'the language of its templates', 'en')
    .action(async (file: string, options: ConfigImport) => {
      const { importSydentConf } = await import('./import-conf.js');
      process.exitCode = await importSydentConf(file, options, { ...output, cwd: process.cwd() });
    });

  imports
    .command('ma1sd-conf')
    .description('write a commented configuration file from ma1sd.yaml or mxisd.yaml')
    .argument('<file>', 'ma1sd.yaml, or mxisd.yaml')
    .option('--output <file>', 'file to write; an existing file is never overwritten', 'islet.yaml')
    .option('--data-dir <folder>', 'folder for the database, keys and caches')
    .option('--templates <folder>', 'new folder into which its templates are translated')
    .option('--language <tag>', 'the language of its templates', 'en')
    .action(async (file: string, options: ConfigImport) => {
      const { importMa1sdConf } = await import('./import-conf.js');
      process.exitCode = await importMa1sdConf(file, options, { ...output, cwd: process.cwd() });
    });

  imported('sydent', 'import bindings, invitations, keys and access tokens of Sydent; without --apply only a report')
    .argument('<database>', 'sydent.db; it is only read')
    .requiredOption('--conf <file>', 'its sydent.conf, which has the server name and the signing key')
    .option('--pepper', 'keep its lookup pepper, if there is none yet')
    .option('--with-peers', 'also import bindings that other servers replicated to it')
    .option('--only-validated', 'only bindings with a validated session')
    .action(
      async (
        database: string,
        options: Common & { conf: string; pepper?: boolean; withPeers?: boolean; onlyValidated?: boolean },
      ) => {
        const { importSydent } = await import('./import-sydent.js');
        const { conf, pepper = false, withPeers = false, onlyValidated = false } = options;
        await run(options, (job) =>
          importSydent(
            { database, conf, isWithPepper: pepper, withPeers, onlyValidated },
            { ...job, cwd: process.cwd() },
          ),
        );
      },
    );

  imported('ma1sd', 'import invitations, keys and terms of ma1sd or mxisd; without --apply only a report')
    .argument('[database]', 'SQLite file or PostgreSQL URL, which is only read; default: that of ma1sd.yaml')
    .requiredOption('--conf <file>', 'its ma1sd.yaml or mxisd.yaml, which has the server name')
    .option('--keys <path>', 'its key store; default: key.path of ma1sd.yaml')
    .action(async (database: string | undefined, options: Common & { conf: string; keys?: string }) => {
      const { importMa1sd } = await import('./import-ma1sd.js');
      const { conf, keys } = options;
      await run(options, (job) => importMa1sd({ database, conf, keys }, { ...job, cwd: process.cwd() }));
    });

  imported('synapse', 'import the addresses of accounts from the database of Synapse; without --apply only a report')
    .argument('<database>', 'homeserver.db or PostgreSQL URL; it is only read')
    .option('--password-file <file>', 'file with the password for the URL')
    .option('--homeserver <name>', 'only users of this homeserver')
    .option('--shared', 'only addresses that users have bound at this identity server')
    .action(
      async (database: string, options: Common & { passwordFile?: string; homeserver?: string; shared?: boolean }) => {
        const { importSynapse } = await import('./import-synapse.js');
        const { passwordFile, homeserver, shared = false } = options;
        await run(options, (job) =>
          importSynapse({ database, passwordFile, homeserver, isShared: shared }, { ...job, cwd: process.cwd() }),
        );
      },
    );

  function imported(name: string, description: string): Command {
    return command(name, description, imports)
      .option('--apply', 'import the data, completely or not at all')
      .option('--json', 'print JSON');
  }

  async function run(
    { config, apply = false, json = false }: Common,
    work: (job: Omit<ImportJob, 'data' | 'keyFile'>) => Promise<number>,
  ): Promise<void> {
    const telemetry = await quietLog();
    const isTerminal = process.stderr.isTTY;
    try {
      process.exitCode = await work({
        config: (await load(config)).config,
        isApplied: apply,
        telemetry,
        output: { ...output, isJson: json },
        onProgress: (text) => void (isTerminal && process.stderr.write(`\r${text} `)),
      });
    } finally {
      if (isTerminal) process.stderr.write('\r');
      await telemetry.close();
    }
  }
}
