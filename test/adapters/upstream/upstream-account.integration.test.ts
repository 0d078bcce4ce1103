import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { saveToken } from '../../../src/adapters/upstream/access-token-file.js';
import { UpstreamAccount } from '../../../src/adapters/upstream/upstream-account.js';
import { UpstreamSource } from '../../../src/adapters/upstream/upstream-source.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { type IdentityServer, startIdentityServer } from '../../support/identity-server.js';

const alice = email('alice@example.org');
const found = [{ threepid: alice, mxid: '@alice:partner.example' }];

let folder: string;
let upstream: IdentityServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-token-'));
  const rows = [['email', 'alice@example.org', '@alice:partner.example']] as const;
  upstream = await startIdentityServer({ accessToken: 'second', rows });
});

afterEach(async () => {
  await Promise.all([upstream.close(), rm(folder, { recursive: true })]);
});

const options = (accessToken: string | undefined) => ({
  name: 'partner',
  url: upstream.url,
  timeLimitMs: 2000,
  accessToken,
  accessTokenFile: join(folder, 'token'),
});
const authorizations = () => upstream.asked.map(({ authorization }) => authorization);

describe('a token that is refused', () => {
  it('is read again from its file, once for concurrent callers', async () => {
    await writeFile(join(folder, 'token'), 'second\n');
    const source = new UpstreamSource(options('first'), new AxiosHttpClient(), new RecordingTelemetry());
    expect(await Promise.all([source.find([alice]), source.find([alice])])).toEqual([found, found]);
    expect(authorizations()).toEqual(['Bearer first', 'Bearer second', 'Bearer second', 'Bearer second']);
  });

  it('is not used again as long as its file has no other', async () => {
    await writeFile(join(folder, 'token'), 'first');
    const source = new UpstreamSource(options('first'), new AxiosHttpClient(), new RecordingTelemetry());
    await expect(source.find([alice])).rejects.toThrow('rejects the access token: run "islet upstream login partner"');
    await expect(source.find([alice])).rejects.toThrow('rejects the access token');
    expect(authorizations()).toEqual(['Bearer first', 'Bearer first']);
  });
});

describe('a token that does not exist yet', () => {
  it('keeps the upstream from being queried until it exists', async () => {
    const source = new UpstreamSource(options(''), new AxiosHttpClient(), new RecordingTelemetry());
    await expect(source.find([alice])).rejects.toThrow('yet: run "islet upstream login partner"');
    expect(upstream.asked).toEqual([]);
    await saveToken(join(folder, 'token'), 'second');
    expect(await source.find([alice])).toEqual(found);
  });
});

describe('a token that is saved', () => {
  it('is readable only for its owner, replaces the one before, and leaves no other file', async () => {
    const file = join(folder, 'below', 'further', 'token');
    await saveToken(file, 'first');
    await saveToken(file, 'second', await stat(folder));
    expect(await readFile(file, 'utf8')).toBe('second\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'below'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'below', 'further'))).toEqual(['token']);
  });

  it('is refused if the file cannot be created', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(saveToken(join(folder, 'file', 'token'), 'first')).rejects.toThrow('is not writable');
  });
});

describe('an account at an upstream', () => {
  const account = () => new UpstreamAccount(options('second'), new AxiosHttpClient());
  /** Answers by path, and a default answer. */
  const answers = (byPath: Readonly<Record<string, object | number>>) => {
    upstream.answer = (response, { path }) => {
      const answer = byPath[path.replace('/_matrix/identity', '')] ?? 404;
      const [status, body] = typeof answer === 'number' ? [answer, { errcode: 'M_UNRECOGNIZED' }] : [200, answer];
      response.writeHead('errcode' in body ? (status === 200 ? 403 : status) : 200).end(JSON.stringify(body));
    };
  };
  const unsigned = { errcode: 'M_TERMS_NOT_SIGNED' };

  it.each([
    ['lists its versions', { '/versions': { versions: ['v1.1', 'v1.2'] } }, ['v1.1', 'v1.2']],
    ['lists no versions, and answers v2', { '/v2': {} }, ['v2']],
    ['lists no versions, and answers both', { '/v2': {}, '/api/v1': {} }, ['v1', 'v2']],
    ['lists its versions in an unusual form', { '/versions': { versions: 'all' }, '/api/v1': {} }, ['v1']],
  ] as const)('can be created at a server that %s', async (_case, byPath, versions) => {
    answers(byPath);
    expect(await account().versions()).toEqual(versions);
    expect(authorizations().filter((authorization) => authorization !== undefined)).toEqual([]);
  });

  it('cannot be created at a server that is not an identity server', async () => {
    answers({});
    await expect(account().versions()).rejects.toThrow('does not answer like an identity server');
  });

  it('must accept the terms of the upstream, each in one language', async () => {
    const policies = {
      privacy: {
        version: '1',
        fr: { name: 'Vie privée', url: 'https://p/fr' },
        en: { name: 'Privacy', url: 'https://p/en' },
      },
      rules: { version: '2', de: { name: 'Regeln', url: 'https://r/de' } },
      odd: { version: 3, en: { name: 'Odd', url: 'https://o/en' } },
      empty: { version: '4', en: { name: 'no url' } },
    };
    answers({ '/v2/account': { user_id: '@islet:a' }, '/v2/hash_details': unsigned, '/v2/terms': { policies } });
    const { outstanding, user } = await account().state();
    expect(user).toBe('@islet:a');
    expect(outstanding.map(({ id, version }) => [id, version])).toEqual([
      ['privacy', '1'],
      ['rules', '2'],
    ]);
    await account().accept(outstanding);
    expect(upstream.asked.at(-1)).toMatchObject({
      method: 'POST',
      authorization: 'Bearer second',
      body: { user_accepts: ['https://p/en', 'https://r/de'] },
    });
  });

  it('cannot accept terms that the upstream does not list', async () => {
    answers({ '/v2/account': unsigned, '/v2/hash_details': unsigned, '/v2/terms': { policies: {} } });
    await expect(account().state()).rejects.toThrow('requires that its terms are accepted, but returned no terms');
  });

  it.each([
    [
      { '/v2/account/register': 401 },
      /answered 401 M_UNRECOGNIZED when signing in: it must be able to reach the homeserver/,
    ],
    [{ '/v2/account/register': {} }, /without a token/],
    [{ '/v2/account/register': { token: 'two words' } }, /without a token/],
  ])('cannot be created with %j', async (byPath, problem) => {
    answers(byPath);
    const error: unknown = await account()
      .register({ access_token: 'openid' })
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(problem);
    expect(String(error)).not.toContain('openid');
  });
});
