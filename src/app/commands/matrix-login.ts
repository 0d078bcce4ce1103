import { readFile } from 'node:fs/promises';
import { ClientApi, type MatrixSession } from '../../adapters/matrix/client-api.js';
import { ClientPlaces, type KnownClientPlace, knownPlace } from '../../adapters/matrix/client-discovery.js';
import type { JsonObject } from '../../domain/signing/canonical-json.js';
import { readMxid } from '../../domain/identifiers/mxid-uri.js';
import { homeserverOf, type Mxid } from '../../domain/identifiers/mxid.js';
import { isServerName } from '../../domain/identifiers/server-name.js';
import type { Clock } from '../../ports/clock.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Prompt } from './prompt.js';

/**
 * Options that identify a Matrix user. Secrets are never arguments, because every user of the system can see
 * arguments in the process list.
 */
export interface MatrixUserOptions {
  readonly user?: string;
  /** A server name or a URL; by default the homeserver of the user. */
  readonly homeserver?: string;
  readonly passwordFile?: string;
  readonly accessTokenFile?: string;
}

export interface OpenId {
  readonly user: Mxid;
  readonly token: JsonObject;
  /** A warning for the operator. */
  readonly warning?: string;
}

interface Context {
  readonly homeservers: Readonly<Record<string, KnownClientPlace>>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  /** `undefined` if the command is not interactive. */
  readonly prompt: Prompt | undefined;
}

/**
 * Gets an OpenID token of a Matrix user. Signs in with an access token, or temporarily with a password.
 *
 * @throws Error with what is missing, or the error of the homeserver
 */
export async function openIdOf(options: MatrixUserOptions, context: Context): Promise<OpenId> {
  const { env, prompt } = context;
  const accessToken = await secret(options.accessTokenFile, env['MATRIX_ACCESS_TOKEN']);
  if (accessToken !== undefined) {
    const api = await apiOf(options, context);
    const user = await api.whoami(accessToken);
    if (options.user !== undefined && options.user !== user) {
      throw new Error(`the access token belongs to ${user}, not to ${options.user}`);
    }
    return { user, token: await api.openIdToken({ user, accessToken }) };
  }
  const user =
    options.user ?? (await prompt?.ask('Matrix user for the upstream account, such as @islet:example.org: '))?.trim();
  if (user === undefined || user === '') throw new Error(missing('--user'));
  const api = await apiOf({ ...options, user }, context);
  const given = await secret(options.passwordFile, env['MATRIX_PASSWORD']);
  const password = given ?? (await prompt?.askSecret(`Password of ${user}: `));
  if (password === undefined || password === '') throw new Error(missing('a password'));
  const session = await api.login(user, password);
  try {
    return { user: session.user, token: await api.openIdToken(session), ...(await signedOut(api, session)) };
  } catch (error) {
    await signedOut(api, session);
    throw error;
  }
}

async function signedOut(api: ClientApi, session: MatrixSession): Promise<{ warning?: string }> {
  return api.logout(session).then(
    () => ({}),
    (error: unknown) => ({ warning: `the session "Islet" of ${session.user} is still open: ${String(error)}` }),
  );
}

const missing = (subject: string): string =>
  `${subject} is missing: a user with --user and --password-file or MATRIX_PASSWORD, or an access token with --access-token-file or MATRIX_ACCESS_TOKEN`;

/** Uses the configured settings of the homeserver if there are any, also if it is given by URL. */
async function apiOf(
  { user, homeserver }: MatrixUserOptions,
  { homeservers, http, clock }: Context,
): Promise<ClientApi> {
  const mxid = user === undefined ? undefined : readMxid(user);
  const place = homeserver ?? (mxid && homeserverOf(mxid));
  if (place === undefined) throw new Error('--homeserver is missing: the server name or the URL of the homeserver');
  if (isServerName(place)) return new ClientApi(await new ClientPlaces(http, clock, homeservers).find(place), http);
  if (!/^https?:/.test(place) || !URL.canParse(place)) throw new Error('--homeserver must be a server name or a URL');
  const { origin } = new URL(place);
  const configured = Object.values(homeservers).find(({ url }) => new URL(url).origin === origin);
  const { clientUrl: _elsewhere, ...trust } = configured ?? {};
  return new ClientApi(knownPlace({ ...trust, url: place }), http);
}

async function secret(file: string | undefined, fromEnv: string | undefined): Promise<string | undefined> {
  if (file === undefined) return fromEnv === '' ? undefined : fromEnv;
  return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
}
