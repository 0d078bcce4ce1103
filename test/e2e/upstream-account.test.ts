import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { islet, type RunningIslet, startIslet } from '../support/islet.js';

const privacy = { name: 'Privacy Policy', url: 'https://partner.example/privacy/1.2/en' };
const terms = { policies: { privacy_policy: { version: '1.2', languages: { en: privacy } } } };

/** All secrets in these tests, and tokens in the format of Islet. */
const SECRETS = /password-of-|session-of-|token-of-|wrong-secret/;

describe('an account at another Islet that requires accepted terms', () => {
  let homeserver: HomeserverStandIn;
  let partner: RunningIslet;
  let server: RunningIslet;
  const outputs: string[] = [];

  beforeAll(async () => {
    homeserver = await startHomeserver('example.org');
    const homeservers = { 'example.org': { url: homeserver.url } };
    partner = await startIslet(
      {
        server: { name: 'id.partner.example' },
        sources: [{ file: { name: 'people', path: 'people.csv' } }],
        homeservers,
        terms,
      },
      { 'people.csv': 'mxid,email\n@paula:partner.example,paula@partner.example\n' },
    );
    server = await startIslet(
      {
        server: { name: 'id.example.org' },
        sources: [{ upstream: { name: 'partner', url: partner.url, accessTokenFile: 'tokens/partner' } }],
        homeservers,
      },
      { password: 'password-of-islet\n', 'wrong-password': 'wrong-secret\n', session: 'session-of-islet\n' },
    );
  });

  afterAll(async () => {
    await Promise.all([server?.remove(), partner?.remove(), homeserver?.close()]);
  });

  const upstream = async (...args: string[]) => {
    const done = await server.command('upstream', ...args);
    outputs.push(done.stdout, done.stderr);
    return done;
  };
  const login = (...args: string[]) => upstream('login', 'partner', ...args);
  const file = (name: string) => join(server.folder, name);
  const token = async () => (await readFile(file('tokens/partner'), 'utf8')).trim();
  const explained = async () => (await server.command('lookup', 'paula@partner.example')).stdout;
  const found = async () => {
    const url = `${server.url}/_matrix/identity/api/v1/lookup?medium=email&address=paula@partner.example`;
    return ((await (await fetch(url)).json()) as { mxid?: string }).mxid;
  };
  const readiness = async () => {
    const ready = (await (await fetch(`${server.adminUrl}/health/ready`)).json()) as {
      checks: { upstreams: Record<string, unknown> };
    };
    return ready.checks.upstreams;
  };

  it('is missing at first, and each report says what to do', async () => {
    const { code, stdout } = await upstream();
    expect(code).toBe(1);
    expect(stdout).toMatch(/reachable +in \d+ ms/);
    expect(stdout).toContain('there is no access token');
    expect(stdout).toContain('run "islet upstream login partner"');
    expect(await explained()).toContain('run "islet upstream login partner"');
    expect(await found()).toBeUndefined();
    const failure = expect.stringContaining('run "islet upstream login partner"');
    expect(await readiness()).toEqual({ partner: { ok: false, failure } });
    await server.logged('run \\"islet upstream login partner\\"');
    await server.logged('has no token yet');
  });

  it('is not created with a wrong password, nor with one on the command line, which other users could see', async () => {
    const wrong = await login('--user', '@islet:example.org', '--password-file', file('wrong-password'));
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('rejects this user name and password') });
    const seen = await login('--user', '@islet:example.org', '--password', 'password-of-islet');
    expect(seen).toMatchObject({ code: 1, stderr: expect.stringContaining("unknown option '--password'") });
    await expect(token()).rejects.toThrow('ENOENT');
  });

  it('is created with a password, by a homeserver session that ends at once; the terms are shown and not accepted', async () => {
    const { code, stdout, stderr } = await login('--user', '@islet:example.org', '--password-file', file('password'));
    expect(code).toBe(1);
    expect(stdout).toContain('signed in as @islet:example.org');
    expect(stdout).toContain('Privacy Policy, version 1.2: https://partner.example/privacy/1.2/en');
    expect(stderr).toContain('run "islet upstream login partner --accept-terms"');
    expect((await stat(file('tokens/partner'))).mode & 0o777).toBe(0o600);
    expect(homeserver.seen.map(({ url }) => url)).toContain('/_matrix/client/v3/logout');
    expect(homeserver.signedIn).toEqual(new Set());
    expect(await found()).toBeUndefined();
    await server.logged('run \\"islet upstream login partner --accept-terms\\"');
    expect((await upstream()).stdout).toContain('not accepted yet: run "islet upstream login partner --accept-terms"');
  });

  it('has its terms accepted on request, without another sign-in', async () => {
    const before = await token();
    expect(await login('--accept-terms')).toMatchObject({ code: 0, stdout: expect.stringContaining('privacy_policy') });
    expect(await token()).toBe(before);
    expect(await login()).toMatchObject({ code: 0, stdout: expect.stringContaining('already signed in') });
  });

  it('is used by the server that is already running', async () => {
    expect(await found()).toBe('@paula:partner.example');
    expect(await readiness()).toEqual({ partner: { ok: true } });
    const { code, stdout } = await upstream('status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({
        name: 'partner',
        isFine: true,
        user: '@islet:example.org',
        outstanding: [],
        algorithms: expect.arrayContaining(['sha256']),
        versions: expect.arrayContaining(['v1.11']),
      }),
    ]);
  });

  it('can be created again with an access token after it was removed, and the server uses the new one', async () => {
    const before = await token();
    const headers = { authorization: `Bearer ${before}` };
    await fetch(`${partner.url}/_matrix/identity/v2/account/logout`, { method: 'POST', headers });
    expect((await upstream()).stdout).toContain('rejects the access token: run "islet upstream login partner"');

    const args = ['--homeserver', homeserver.url, '--access-token-file', file('session'), '--json'];
    const { code, stdout } = await login(...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ user: '@islet:example.org', isNew: true, isReady: true });
    expect(await token()).not.toBe(before);
    expect(await explained()).toMatch(/cache, as of .* ago: @paula:partner\.example[^]*live, in .* ms: @paula:/);
  });

  it('without a configured file is saved below the data folder, and the missing configuration line is shown', async () => {
    const config = { dataDir: 'other', sources: [{ upstream: { name: 'partner', url: partner.url } }] };
    await writeFile(file('other.yaml'), stringify({ server: { name: 'id.example.org' }, ...config }));
    const env = { PATH: process.env['PATH'], MATRIX_PASSWORD: 'password-of-guest' };
    const args = ['--user', '@guest:example.org', '--homeserver', homeserver.url, '--accept-terms'];
    const { code, stdout, stderr } = await islet(['upstream', 'login', ...args, '--config', file('other.yaml')], {
      env,
    });
    outputs.push(stdout, stderr);
    const tokenFile = file('other/upstream-partner.token');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`accessTokenFile: ${tokenFile}`);
    expect(stdout).toContain('restart islet');
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
  });

  it('does not appear with a secret in output and log', async () => {
    for (const text of [...outputs, server.log(), partner.log()]) {
      expect(text).not.toMatch(SECRETS);
      expect(text).not.toContain(await token());
    }
  });
});
