import { Command, Option } from 'commander';
import type { LogOptions } from '../../adapters/system/log-telemetry.js';
// Each command loads the other modules that it needs, so that commands start quickly.
import type { AdminClient } from '../commands/admin-client.js';
import { describeExitCodes } from '../commands/exit-codes.js';
import type { InitOptions } from '../commands/init.js';
import { addImports } from '../commands/import-commands.js';
import { operatorName } from './operator-name.js';
import { addMoving } from '../commands/moving-commands.js';
import { addOperations } from '../commands/operations-commands.js';
import { terminalStyle } from '../commands/terminal-style.js';
import { addUpstream } from '../commands/upstream-commands.js';
import type { LoadedConfig } from '../config/config.js';
import { portFrom, secondsOf, workersFrom } from './arguments.js';
import { messageWithCauses } from '../doctor/check-result.js';
import { version } from '../http/metrics/build-info.js';
import { escapeFinished } from '../../domain/shared/printable.js';

const print = (text: string): void => void process.stdout.write(`${escapeFinished(text)}\n`);
const printError = (text: string): void => void process.stderr.write(`${escapeFinished(text)}\n`);

interface WithConfig {
  readonly config?: string;
}

interface SyncFlags {
  changes?: boolean;
  dryRun?: boolean;
  force?: boolean;
  forget?: boolean;
  json?: boolean;
}

/** All commands, as listed in `docs/reference/cli.md`. @param env the environment with all variables */
export function createProgram(env: NodeJS.ProcessEnv): Command {
  const style = terminalStyle(process.stdout, env);
  const program = new Command('islet')
    .description('A Matrix identity server for private networks.')
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError('(--help lists commands and options)');

  /** A command that reads the configuration. */
  const command = (name: string, description: string, parent = program, options = {}) =>
    parent
      .command(name, options)
      .description(description)
      .option(
        '-c, --config <file>',
        'configuration file; default: ISLET_CONFIG, ./islet.yaml or /etc/islet/islet.yaml',
      );

  command('serve', 'run the server')
    .option(
      '--workers <n>',
      'processes that answer requests, about one per processor; needs PostgreSQL',
      workersFrom,
      1,
    )
    .action(async ({ config, workers }: WithConfig & { workers: number }) => {
      const { runServer } = await import('../commands/run-server.js');
      await runServer(await load(config), workers, env);
    });

  program
    .command('demo')
    .description('run Islet on this machine with demo data')
    .option('--exit', 'stop after the four lookups')
    .option('--port <port>', 'port of the identity server; the next two ports are used as well', portFrom, 8090)
    .addOption(
      new Option('--log-level <level>', 'least important level of the log')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('warn'),
    )
    .action(async ({ exit, port, logLevel }: { exit?: boolean; port: number; logLevel: LogOptions['level'] }) => {
      const { startDemo } = await import('../demo/demo.js');
      const demo = await startDemo({ port: exit ? 0 : port, logLevel, print, style });
      if (!exit) {
        print(style.dim('\nPress Ctrl-C to stop.'));
        await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
      }
      await demo.close();
      process.exitCode = demo.isRight ? 0 : 1;
    });

  program
    .command('init')
    .description('write a commented configuration file and a signing key; asks for what no option gives')
    .option('--output <file>', 'file to write; an existing file is never overwritten', 'islet.yaml')
    .option('--data-dir <folder>', 'folder for the database, keys and caches')
    .option('--server-name <name>', 'name of the identity server (id_server of clients)')
    .option('--public-url <url>', 'URL under which clients and homeservers reach Islet')
    .option('--ldap-url <url>', 'URL of the directory: ldaps://host or ldap://host')
    .option('--preset <kind>', 'kind of directory: openldap, activeDirectory or freeipa')
    .option('--base <dn>', 'where people are in the directory')
    .option('--bind-dn <dn>', 'bind DN of Islet')
    .option('--bind-password-file <file>', 'file with the password of the bind DN')
    .option('--ca-file <file>', 'file with CA certificates (PEM) of the directory')
    .option('--homeserver <name>', 'server name in the Matrix IDs of people in the directory')
    .option('--smtp-url <url>', 'URL of the mail server: smtps://user@host or smtp://host')
    .option('--smtp-password-file <file>', 'file with the password of the mail server')
    .option('--mail-from <mailbox>', 'sender address of mails')
    .option('--yes', 'ask nothing and use the suggested values')
    .action(async ({ yes, ...options }: InitOptions & { yes?: boolean }) => {
      const { openKeyFile } = await import('../../adapters/signing/key-file.js');
      const { initCommand } = await import('../commands/init.js');
      const { terminalPrompt } = await import('../commands/prompt.js');
      const telemetry = await quietLog('warn');
      const prompt = yes || !process.stdin.isTTY ? undefined : terminalPrompt(process.stdin, process.stdout);
      const makeKey = (file: string) => openKeyFile(file, telemetry);
      process.exitCode = await initCommand(options, { prompt, print, style, cwd: process.cwd(), makeKey });
      await telemetry.close();
    });

  command('check', 'list errors in the configuration and how to correct them')
    .option('--json', 'print JSON')
    .action(async ({ config, json = false }: WithConfig & { json?: boolean }) => {
      const { checkCommand } = await import('../commands/check.js');
      process.exitCode = checkCommand({ file: config, env }, { isJson: json, style, print });
    });

  command('doctor', 'test every service that the configuration names; changes and sends nothing')
    .option('--json', 'print JSON; with --watch one line for each run')
    .option('--watch [seconds]', 'repeat it, by default every 60 seconds, and show what has changed', secondsOf)
    .action(async ({ config, json = false, watch }: WithConfig & { json?: boolean; watch?: number | true }) => {
      const { doctor } = await import('../commands/doctor-command.js');
      const telemetry = await quietLog('error');
      const periodMs = watch === undefined ? undefined : 1000 * (watch === true ? 60 : watch);
      const output = { isJson: json, style, print };
      process.exitCode = await doctor(() => load(config), telemetry, periodMs, output);
      await telemetry.close();
    });

  command('lookup', 'explain which source answers for an address, and why')
    .argument('<address>', 'email address, or phone number with country code: +49 221 5551234')
    .option('--json', 'print JSON')
    .action(async (address: string, { config, json }: WithConfig & { json?: boolean }) => {
      const { lookup } = await import('../commands/lookup.js');
      await withAccess(config, (access) => lookup(access, address, { isJson: json ?? false, style, print }));
    });

  command('search', 'explain which people a search shows to a user, and why')
    .argument('<words>', 'what the user types: "anna mei", a user ID or an address')
    .requiredOption('--as <user>', 'who searches: @bert:example.org')
    .option('--json', 'print JSON')
    .action(async (words: string, { config, json, as: user }: WithConfig & { json?: boolean; as: string }) => {
      const { search } = await import('../commands/search.js');
      await withAccess(config, (access) => search(access, words, user, { isJson: json ?? false, style, print }));
    });

  command('sync', 'sync mirrors now and show what changed')
    .argument('[name]', 'name of the source; default: all mirrored sources')
    .option('--changes', 'incremental sync: read only changes, where the directory supports it')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--force', 'apply the result even if it looks broken')
    .option('--forget', 'remove the copy of a source that is no longer configured')
    .option('--json', 'print JSON')
    .action(async (source: string | undefined, options: WithConfig & SyncFlags) => {
      const { config, changes = false, dryRun = false, force = false, json = false } = options;
      const onProgress = (name: string, listed: number): void => {
        if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${listed} entries read `);
      };
      const { forgetMirror, sync } = await import('../commands/sync.js');
      if (options.forget) {
        return withAccess(config, (access) => forgetMirror(access, source, { print }), { isLogged: true });
      }
      await withAccess(config, (access) =>
        sync(access, {
          source,
          isDryRun: dryRun,
          isForced: force,
          isIncremental: changes,
          isJson: json,
          style,
          print,
          onProgress,
        }),
      );
    });

  command('test', 'send one mail and show each step', program.command('mail').description('commands for mail'))
    .argument('<address>', 'recipient: you@example.org')
    .option('--json', 'print JSON')
    .action(async (address: string, { config, json = false }: WithConfig & { json?: boolean }) => {
      const { mailTest } = await import('../commands/mail-test.js');
      process.exitCode = await mailTest((await load(config)).config, address, { isJson: json, style, print });
    });

  command(
    'check',
    'render every text in every brand and language, and show errors',
    program.command('templates').description('commands for the texts of mails, text messages and pages'),
  )
    .option('--json', 'print JSON')
    .action(async ({ config, json = false }: WithConfig & { json?: boolean }) => {
      const { templatesCheck } = await import('../commands/templates-check.js');
      process.exitCode = templatesCheck((await load(config)).config, { isJson: json, style, print });
    });

  addUpstream(program, { command, load, printError, env, stdin: process.stdin, output: { style, print } });
  addOperations(program, { command, withAccess, output: { style, print } });
  addMoving({ command, load, output: { style, print }, operator: () => operatorName(env) });
  addImports(program, { command, load, quietLog: () => quietLog('warn'), output: { style, print } });
  describeExitCodes(program);
  return program;

  async function load(file: string | undefined): Promise<LoadedConfig> {
    const { loadConfig } = await import('../config/config.js');
    return loadConfig({ file, env });
  }

  /** A log for terminal use: only messages of this level and above. */
  async function quietLog(level: 'warn' | 'error') {
    const { LogTelemetry } = await import('../../adapters/system/log-telemetry.js');
    return new LogTelemetry({ level, format: 'pretty' });
  }

  /** @param isLogged whether the operation must appear in the log, with or without a running server */
  async function withAccess(
    file: string | undefined,
    use: (access: AdminClient) => Promise<number>,
    { isLogged } = { isLogged: false },
  ): Promise<void> {
    const { config } = await load(file);
    const { openAdminClient } = await import('../commands/admin-client.js');
    const openLog = async () => (isLogged ? (await import('../wiring/open-log.js')).logOf(config) : quietLog('error'));
    const access = await openAdminClient(config, openLog, operatorName(env));
    try {
      process.exitCode = await use(access);
    } finally {
      await access.close();
    }
  }
}

/** Runs the command in `argv` and sets the exit code. */
export async function runProgram(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  await createProgram(env)
    .parseAsync(argv)
    .catch((error: unknown) => {
      const isOfConfig = error instanceof Error && error.name === 'ConfigError';
      printError(isOfConfig ? error.message : `islet: ${messageWithCauses(error)}`);
      process.exitCode = 1;
    });
}
