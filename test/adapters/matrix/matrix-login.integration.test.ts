import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import type { Prompt } from '../../../src/app/commands/prompt.js';
import { type MatrixUserOptions, openIdOf } from '../../../src/app/commands/matrix-login.js';
import type { HttpRequest } from '../../../src/ports/http-client.js';
import { type HomeserverStandIn, startHomeserver } from '../../support/homeserver.js';
import { createAuthority } from '../../support/tls.js';

const { ca, certificates } = createAuthority({ homeserver: ['hs.internal'] });
const user = '@islet:example.org';
const token = {
  access_token: 'token-of-islet',
  token_type: 'Bearer',
  matrix_server_name: 'example.org',
  expires_in: 3600,
};

let homeserver: HomeserverStandIn;
let secure: HomeserverStandIn;
let folder: string;

beforeAll(async () => {
  homeserver = await startHomeserver('example.org');
  secure = await startHomeserver('example.org', { certificate: certificates.homeserver });
  folder = await mkdtemp(join(tmpdir(), 'islet-user-'));
  await writeFile(join(folder, 'password'), 'password-of-islet\n');
  await writeFile(join(folder, 'session'), 'session-of-islet');
});

afterAll(async () => {
  await Promise.all([homeserver.close(), secure.close(), rm(folder, { recursive: true })]);
});

interface Given extends MatrixUserOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly typed?: readonly string[];
  readonly homeservers?: Parameters<typeof openIdOf>[1]['homeservers'];
}

const http = new AxiosHttpClient();

async function openId(
  { env = {}, typed, homeservers, ...options }: Given,
  client: { request: typeof http.request } = http,
) {
  const lines = [...(typed ?? [])];
  const answer = async (): Promise<string> => lines.shift() ?? '';
  const prompt: Prompt | undefined = typed && { ask: answer, askSecret: answer, close: () => undefined };
  const known = { 'example.org': { url: homeserver.url } };
  const { passwordFile, accessTokenFile } = options;
  const files = {
    ...(passwordFile !== undefined && { passwordFile: join(folder, passwordFile) }),
    ...(accessTokenFile !== undefined && { accessTokenFile: join(folder, accessTokenFile) }),
  };
  return openIdOf(
    { ...options, ...files },
    { homeservers: homeservers ?? known, http: client, clock: { now: () => Date.now() }, env, prompt },
  );
}

describe('the login of a Matrix user', () => {
  it.each<[string, Given]>([
    ['with a password in a file', { user, passwordFile: 'password' }],
    ['with a password in the environment', { user, env: { MATRIX_PASSWORD: 'password-of-islet' } }],
    ['with a typed password', { typed: [user, 'password-of-islet'] }],
    [
      'with a localpart and the option for the homeserver',
      { user: 'islet', homeserver: 'example.org', passwordFile: 'password' },
    ],
    ['with an access token in a file', { homeserver: 'example.org', accessTokenFile: 'session' }],
    ['with an access token in the environment', { user, env: { MATRIX_ACCESS_TOKEN: 'session-of-islet' } }],
  ])('works %s, and its homeserver session ends afterwards', async (_case, given) => {
    expect(await openId(given)).toEqual({ user, token });
    expect(homeserver.signedIn).toEqual(new Set());
  });

  it('uses the homeserver URL of the configuration, also for a user given by a URL', async () => {
    const homeservers = { 'example.org': { url: secure.url, ca, tlsName: 'hs.internal' } };
    expect(await openId({ user, passwordFile: 'password', homeservers })).toEqual({ user, token });
    expect(await openId({ homeserver: secure.url, accessTokenFile: 'session', homeservers })).toEqual({ user, token });
    await expect(openId({ homeserver: secure.url, accessTokenFile: 'session', homeservers: {} })).rejects.toThrow(
      /certificate is (not trusted|for another name)/,
    );
  });

  it.each<[Given, string]>([
    [{}, '--user is missing: a user with --user and --password-file or MATRIX_PASSWORD'],
    [{ user }, 'a password is missing'],
    [{ user: 'islet', passwordFile: 'password' }, '--homeserver is missing'],
    [{ accessTokenFile: 'session' }, '--homeserver is missing'],
    [{ user, env: { MATRIX_PASSWORD: 'wrong' } }, 'rejects this user name and password'],
    [{ user, env: { MATRIX_ACCESS_TOKEN: 'wrong' } }, 'rejects the access token of this user'],
    [{ homeserver: 'ftp://example.org', accessTokenFile: 'session' }, 'must be a server name or a URL'],
    [
      { user: '@eve:example.org', homeserver: 'example.org', accessTokenFile: 'session' },
      'the access token belongs to @islet:example.org, not to @eve:example.org',
    ],
  ])('fails for %j', async (given, problem) => {
    const error: unknown = await openId(given).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(problem);
    expect(String(error)).not.toMatch(/password-of|session-of|wrong/);
  });

  it('finds a homeserver that is not configured by its .well-known, which may lead only to public addresses over https', async () => {
    const asked: HttpRequest[] = [];
    const found = (base_url: string, status = 200) => ({
      request: async (request: HttpRequest) => {
        asked.push(request);
        if (request.url.endsWith('/.well-known/matrix/client')) {
          return { status, headers: {}, body: JSON.stringify({ 'm.homeserver': { base_url } }) };
        }
        throw new Error('that is where');
      },
    });
    const given = { user: '@islet:far.example', accessTokenFile: 'session' };
    await expect(openId(given, found('https://matrix.far.example/'))).rejects.toThrow('that is where');
    await expect(openId(given, found('', 404))).rejects.toThrow('that is where');
    await expect(openId(given, found('http://matrix.far.example'))).rejects.toThrow(
      'without an https URL of a homeserver',
    );
    await expect(openId(given, found('https://matrix.far.example', 502))).rejects.toThrow(
      'without an https URL of a homeserver',
    );
    const whoami = '/_matrix/client/v3/account/whoami';
    expect(asked.filter(({ url }) => url.endsWith(whoami)).map(({ url, chosenBy }) => [url, chosenBy])).toEqual([
      [`https://matrix.far.example${whoami}`, 'stranger'],
      [`https://far.example${whoami}`, 'stranger'],
    ]);
  });
});
