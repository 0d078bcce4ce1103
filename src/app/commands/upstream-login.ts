import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareTokenFile, saveToken } from '../../adapters/upstream/access-token-file.js';
import { type AccountState, UpstreamAccount } from '../../adapters/upstream/upstream-account.js';
import { UpstreamResponseError } from '../../adapters/upstream/upstream-server.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Config, UpstreamConfig } from '../config/config.js';
import type { OpenId } from './matrix-login.js';
import { upstreamOptions } from '../wiring/open-sources.js';
import type { Output } from './operations.js';
import type { Prompt } from './prompt.js';
import { policyText, shown } from './upstream-text.js';
import { printableJson } from '../../domain/shared/printable.js';

export interface LoginCommand extends Output {
  readonly http: HttpClient;
  /** Prints messages that are not the result of the command. */
  readonly printError: (text: string) => void;
  /** `undefined` if the command is not interactive. */
  readonly prompt: Prompt | undefined;
  readonly acceptsTerms: boolean;
  /** Creates a new account even if one exists. */
  readonly isNewAccount: boolean;
  readonly openId: () => Promise<OpenId>;
}

/**
 * Gets an account at an upstream unless there is one, and accepts its terms if requested.
 *
 * @returns the exit code: 0 if the upstream answers lookups now, 1 if its terms still have to be accepted
 */
export async function upstreamLogin(source: UpstreamConfig, config: Config, command: LoginCommand): Promise<number> {
  const { isJson, style, print, printError } = command;
  const present = command.isNewAccount ? undefined : await presentState(source, command.http);
  const made = present ? undefined : await makeAccount(source, config, command);
  const account = made?.account ?? new UpstreamAccount(upstreamOptions(source), command.http);
  const state = present ?? (await account.state());
  const isAccepting = state.outstanding.length > 0 && (await mayAccept(state, account.origin, command));
  if (isAccepting) await account.accept(state.outstanding);
  const now = isAccepting ? await account.state() : state;

  const { name } = source;
  const user = now.user ?? made?.user;
  const isReady = now.outstanding.length === 0;
  if (isJson) {
    const accepted = isAccepting ? state.outstanding : [];
    const { tokenFile, addToConfig } = made ?? {};
    const report = { name, url: source.url, user, isNew: made !== undefined, isReady, tokenFile, addToConfig };
    print(printableJson({ ...report, accepted, outstanding: now.outstanding }));
  } else {
    const asUser = user === undefined ? '' : ` as ${shown(user)}`;
    print(style.good(`${name}: ${made ? 'signed in' : 'already signed in'}${asUser}`));
    if (isAccepting) print(`  its terms are accepted: ${state.outstanding.map(({ id }) => shown(id)).join(', ')}`);
    if (made) print(made.addToConfig === undefined ? kept(made.tokenFile) : added(source, config, made.tokenFile));
  }
  if (!isReady) printError(`its terms are not accepted yet: run "islet upstream login ${name} --accept-terms"`);
  return isReady ? 0 : 1;
}

const kept = (file: string): string => `  the access token is in ${file}; a running server reads it within a minute`;

const added = ({ name, accessToken }: UpstreamConfig, { file }: Config, tokenFile: string): string =>
  [
    `  the access token is in ${tokenFile}`,
    `  below "name: ${name}" in ${file ?? 'the configuration file'}, write this line${accessToken ? ' in place of accessToken' : ''}, and restart islet:`,
    `      accessTokenFile: ${tokenFile}`,
  ].join('\n');

/** The state of the existing account; `undefined` if there is none. */
async function presentState(source: UpstreamConfig, http: HttpClient): Promise<AccountState | undefined> {
  if (!source.accessToken) return undefined;
  try {
    return await new UpstreamAccount(upstreamOptions(source), http).state();
  } catch (error) {
    if (error instanceof UpstreamResponseError && error.status === 401) return undefined;
    throw error;
  }
}

async function makeAccount(source: UpstreamConfig, { dataDir }: Config, { http, openId, printError }: LoginCommand) {
  // A token in the configuration itself is never written by this command.
  const isNamed = source.accessTokenFile !== undefined;
  const tokenFile = source.accessTokenFile ?? join(dataDir, `upstream-${source.name}.token`);
  await prepareTokenFile(tokenFile);
  const { user, token: openIdToken, warning } = await openId();
  if (warning !== undefined) printError(warning);
  const options = upstreamOptions(source);
  const token = await new UpstreamAccount(options, http).register(openIdToken);
  await saveToken(tokenFile, token, await ownerOf(dataDir));
  return {
    user,
    account: new UpstreamAccount({ ...options, accessToken: token, accessTokenFile: undefined }, http),
    tokenFile,
    addToConfig: isNamed ? undefined : `accessTokenFile: ${tokenFile}`,
  };
}

/**
 * The owner of the data folder, as which the server runs. Root may run this command, and the server must be able to
 * read the files.
 */
async function ownerOf(dataDir: string): Promise<{ uid: number; gid: number } | undefined> {
  return process.getuid?.() === 0 ? stat(dataDir).catch(() => undefined) : undefined;
}

async function mayAccept({ outstanding }: AccountState, origin: string, command: LoginCommand): Promise<boolean> {
  const { acceptsTerms, isJson, print, prompt, style } = command;
  if (!isJson) {
    print(`${style.bold(origin)} requires that you accept:`);
    for (const policy of outstanding) print(policyText(policy));
  }
  if (acceptsTerms) return true;
  return /^y(es)?$/i.test((await prompt?.ask('Accept them? [y/N] '))?.trim() ?? '');
}
