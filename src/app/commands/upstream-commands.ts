import type { Command } from 'commander';
import type { Output } from './operations.js';
import type { Config, LoadedConfig, UpstreamConfig } from '../config/config.js';
import type { MatrixUserOptions } from './matrix-login.js';

interface Options extends MatrixUserOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly acceptTerms?: boolean;
}

interface Tools {
  /** A command that reads the configuration. */
  readonly command: (name: string, description: string, parent?: Command, options?: { isDefault: boolean }) => Command;
  readonly load: (file: string | undefined) => Promise<LoadedConfig>;
  readonly printError: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly output: Omit<Output, 'isJson'>;
}

/** `islet upstream` and `islet upstream login`. */
export function addUpstream(program: Command, { command, load, printError, env, stdin, output }: Tools): void {
  const upstream = program.command('upstream').description('commands for upstream identity servers');

  command('status', 'show whether each upstream answers, and under which account', upstream, { isDefault: true })
    .option('--json', 'print JSON')
    .action(async ({ config: file, json = false }: Options) => {
      const { config } = await load(file);
      const { upstreamStatus } = await import('./upstream-status.js');
      process.exitCode = await upstreamStatus(upstreamsIn(config), await httpOf(config), { ...output, isJson: json });
    });

  command('login', 'get an account at an upstream in the name of a Matrix user, and accept its terms', upstream)
    .argument('[name]', 'name of the upstream, if there are several')
    .option('--user <user>', 'Matrix user: @islet:example.org')
    .option('--homeserver <place>', 'server name or URL of the homeserver, if it is not in the user ID')
    .option('--password-file <file>', 'file with the password of the user; default: MATRIX_PASSWORD, or a prompt')
    .option(
      '--access-token-file <file>',
      'file with an access token of the user, instead of a password; default: MATRIX_ACCESS_TOKEN',
    )
    .option('--accept-terms', 'accept the terms of service of the upstream')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, { config: file, json = false, acceptTerms = false, ...user }: Options) => {
      const { config } = await load(file);
      const { SystemClock } = await import('../../adapters/system/system-clock.js');
      const { openIdOf } = await import('./matrix-login.js');
      const { terminalPrompt } = await import('./prompt.js');
      const { upstreamLogin } = await import('./upstream-login.js');
      const http = await httpOf(config);
      const prompt = json || !stdin.isTTY ? undefined : terminalPrompt(stdin, process.stdout);
      try {
        process.exitCode = await upstreamLogin(chosen(config, name), config, {
          ...output,
          isJson: json,
          http,
          printError,
          prompt,
          acceptsTerms: acceptTerms,
          isNewAccount: Object.keys(user).length > 0,
          openId: () =>
            openIdOf(user, { homeservers: config.homeservers, http, clock: new SystemClock(), env, prompt }),
        });
      } finally {
        prompt?.close();
      }
    });
}

async function httpOf({ federation }: Config) {
  const { AxiosHttpClient } = await import('../../adapters/outbound/axios-http-client.js');
  return new AxiosHttpClient(federation.allow);
}

const upstreamsIn = ({ sources }: Config): readonly UpstreamConfig[] =>
  sources.flatMap((source) => (source.kind === 'upstream' ? source : []));

/** @throws Error that lists the configured upstreams */
function chosen(config: Config, name: string | undefined): UpstreamConfig {
  const all = upstreamsIn(config);
  const found = name === undefined ? all : all.filter((source) => source.name === name);
  const [only] = found;
  if (only && found.length === 1) return only;
  const names = all.map((source) => source.name).join(', ');
  if (names === '') throw new Error('no upstream is configured: add one under sources');
  throw new Error(
    name === undefined
      ? `there are several upstreams, choose one: ${names}`
      : `there is no upstream ${name}; there are: ${names}`,
  );
}
