#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
// Everything else is loaded by the command that needs it, so that each starts as fast as it can.
import type { AdminClient } from './commands/admin-client.js';
import type { InitOptions } from './commands/init.js';
import { addOperations } from './commands/operations-commands.js';
import { paintFor } from './commands/terminal-style.js';
import { escapeFinished } from '../domain/shared/printable.js';
import { addUpstream } from './commands/upstream-commands.js';
import type { LoadedConfig } from './config/config.js';
import { messageOf } from './doctor/check-result.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const env = { ...process.env };
// It would turn off the checks of whatever does not insist on them, a driver or a source of one's own.
delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];

const paint = paintFor(process.stdout, env);
const print = (text: string): void => void process.stdout.write(`${escapeFinished(text)}\n`);
const complain = (text: string): void => void process.stderr.write(`${escapeFinished(text)}\n`);

interface WithConfig {
  readonly config?: string;
}

const program = new Command('islet')
  .description('A Matrix identity server for networks of their own.')
  .version(version)
  .showSuggestionAfterError()
  .showHelpAfterError('(--help shows what there is)');

/** A command that reads the configuration. */
const command = (name: string, description: string, parent = program, options = {}) =>
  parent
    .command(name, options)
    .description(description)
    .option('-c, --config <file>', 'configuration file; else ISLET_CONFIG, ./islet.yaml or /etc/islet/islet.yaml');

command('serve', 'run the server').action(async ({ config }: WithConfig) => {
  const { serveUntilSignalled } = await import('./commands/serve.js');
  await serveUntilSignalled(await load(config));
});

program
  .command('demo')
  .description('run the whole thing on this machine, with people to find')
  .option('--exit', 'end after the four lookups; the exit code says whether all came out right')
  .option('--port <port>', 'port of the identity server; the next two are taken as well', portFrom, 8090)
  .action(async ({ exit, port }: { exit?: boolean; port: number }) => {
    const { startDemo } = await import('./demo/demo.js');
    const demo = await startDemo({ port: exit ? 0 : port, print, paint });
    if (!exit) {
      print(paint.dim('\nCtrl-C ends it.'));
      await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
    }
    await demo.close();
    process.exitCode = demo.isRight ? 0 : 1;
  });

program
  .command('init')
  .description('write a commented configuration file and a key; asks what flags do not say')
  .option('--output <file>', 'the file to write; nothing is ever overwritten', 'islet.yaml')
  .option('--data-dir <folder>', 'where Islet keeps what it needs')
  .option('--server-name <name>', 'what clients call id_server')
  .option('--public-url <url>', 'where clients and homeservers reach it')
  .option('--ldap-url <url>', 'the directory: ldaps://host or ldap://host')
  .option('--preset <kind>', 'openldap, activeDirectory or freeipa')
  .option('--base <dn>', 'where people are in it')
  .option('--bind-dn <dn>', 'who Islet is to it')
  .option('--bind-password-file <file>', 'file with the password for that')
  .option('--ca-file <file>', 'certificates (PEM) to trust for it')
  .option('--homeserver <name>', 'server name in the Matrix IDs of these people')
  .option('--smtp-url <url>', 'the mail relay: smtps://user@host or smtp://host')
  .option('--smtp-password-file <file>', 'file with its password')
  .option('--mail-from <mailbox>', 'whom mail is from')
  .option('--yes', 'ask nothing, and take what is suggested')
  .action(async ({ yes, ...options }: InitOptions & { yes?: boolean }) => {
    const { openKeyFile } = await import('../adapters/signing/key-file.js');
    const { initCommand } = await import('./commands/init.js');
    const { terminalPrompt } = await import('./commands/prompt.js');
    const telemetry = await quietLog('warn');
    const prompt = yes || !process.stdin.isTTY ? undefined : terminalPrompt(process.stdin, process.stdout);
    const makeKey = (file: string) => openKeyFile(file, telemetry);
    process.exitCode = await initCommand(options, { prompt, print, paint, cwd: process.cwd(), makeKey });
    await telemetry.close();
  });

command('check', 'say what is wrong with the configuration, and what to write instead')
  .option('--json', 'print it as JSON')
  .action(async ({ config, json = false }: WithConfig & { json?: boolean }) => {
    const { checkCommand } = await import('./commands/check.js');
    process.exitCode = checkCommand({ file: config, env }, { isJson: json, paint, print });
  });

command('doctor', 'try everything the configuration names and say what to fix; changes and sends nothing')
  .option('--json', 'print it as JSON')
  .action(async ({ config, json = false }: WithConfig & { json?: boolean }) => {
    const { showDiagnoses } = await import('./commands/doctor.js');
    const { runCheck, runChecks } = await import('./doctor/doctor.js');
    const telemetry = await quietLog('error');
    const diagnoses = await runCheck(async () => runChecks(await load(config), telemetry));
    process.exitCode = showDiagnoses(diagnoses, { isJson: json, paint, print });
    await telemetry.close();
  });

command('lookup', 'explain, stage by stage, who answers for an address and why')
  .argument('<address>', 'an email address, or a phone number with its country: +49 221 5551234')
  .option('--json', 'print it as JSON')
  .action(async (address: string, { config, json }: WithConfig & { json?: boolean }) => {
    const { lookup } = await import('./commands/lookup.js');
    await withAccess(config, (access) => lookup(access, address, { isJson: json ?? false, paint, print }));
  });

interface SyncFlags {
  changes?: boolean;
  dryRun?: boolean;
  force?: boolean;
  json?: boolean;
}

command('sync', 'sync mirrors now and show what changed')
  .argument('[name]', 'the source; all mirrored ones without it')
  .option('--changes', 'ask only for what changed, where the directory can say it')
  .option('--dry-run', 'show what would change and apply nothing')
  .option('--force', 'apply also what the guards take for broken')
  .option('--json', 'print it as JSON')
  .action(async (source: string | undefined, options: WithConfig & SyncFlags) => {
    const { config, changes = false, dryRun = false, force = false, json = false } = options;
    const onProgress = (name: string, listed: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${listed} entries read `);
    };
    const { sync } = await import('./commands/sync.js');
    await withAccess(config, (access) =>
      sync(access, {
        source,
        isDryRun: dryRun,
        isForced: force,
        isIncremental: changes,
        isJson: json,
        paint,
        print,
        onProgress,
      }),
    );
  });

command(
  'test',
  'send one mail and show each step towards the mail server',
  program.command('mail').description('what has to do with mail'),
)
  .argument('<address>', 'whom to send it to: you@example.org')
  .option('--json', 'print it as JSON')
  .action(async (address: string, { config, json = false }: WithConfig & { json?: boolean }) => {
    const { mailTest } = await import('./commands/mail-test.js');
    process.exitCode = await mailTest((await load(config)).config, address, { isJson: json, paint, print });
  });

command(
  'check',
  'render every text in every brand and language and show what does not work',
  program.command('templates').description('the words of mails, text messages and pages'),
)
  .option('--json', 'print it as JSON')
  .action(async ({ config, json = false }: WithConfig & { json?: boolean }) => {
    const { templatesCheck } = await import('./commands/templates-check.js');
    process.exitCode = templatesCheck((await load(config)).config, { isJson: json, paint, print });
  });

addUpstream(program, { command, load, complain, env, stdin: process.stdin, output: { paint, print } });
addOperations(program, { command, withAccess, output: { paint, print } });

await program.parseAsync().catch((error: unknown) => {
  const isOfConfig = error instanceof Error && error.name === 'ConfigError';
  complain(isOfConfig ? error.message : `islet: ${messageOf(error)}`);
  process.exitCode = 1;
});
// Whatever a source has left open does not keep us.
process.exit();

async function load(file: string | undefined): Promise<LoadedConfig> {
  const { loadConfig } = await import('./config/config.js');
  return loadConfig({ file, env });
}

/** For a terminal, what matters there alone. */
async function quietLog(level: 'warn' | 'error') {
  const { LogTelemetry } = await import('../adapters/system/log-telemetry.js');
  return new LogTelemetry({ level, format: 'pretty' });
}

/** @param isLogged whether it has to be found in the log, no server running or not */
async function withAccess(
  file: string | undefined,
  use: (access: AdminClient) => Promise<number>,
  { isLogged } = { isLogged: false },
): Promise<void> {
  const { config } = await load(file);
  const { openAdminClient } = await import('./commands/admin-client.js');
  const access = await openAdminClient(config, async () =>
    isLogged ? (await import('./commands/serve.js')).logOf(config) : quietLog('error'),
  );
  try {
    process.exitCode = await use(access);
  } finally {
    await access.close();
  }
}

function portFrom(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_533) throw new InvalidArgumentError('It must be a port number.');
  return port;
}
