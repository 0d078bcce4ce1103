import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initCommand, type InitOptions } from '../../../src/app/commands/init.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';
import type { Prompt } from '../../../src/app/commands/prompt.js';
import { type LdapConfig, loadConfig } from '../../../src/app/config/config.js';

let folder: string;
let printed: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'islet-commands-'));
  printed = [];
});

afterEach(() => rmSync(folder, { recursive: true }));

const print = (text: string): void => void printed.push(text);
const file = (): string => join(folder, 'islet.yaml');

/** A person who types these answers in order, and then ends the input. */
function typing(...answers: readonly string[]): Prompt & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    const answer = answers[asked.length - 1];
    if (answer === undefined) throw Object.assign(new Error('gone'), { name: 'AbortError' });
    return Promise.resolve(answer);
  };
  return { asked, ask, askSecret: ask, close() {} };
}

const keys: string[] = [];
const init = (options: InitOptions, prompt?: Prompt) => {
  keys.length = 0;
  return initCommand(options, {
    prompt,
    print,
    style: plainStyle,
    cwd: folder,
    makeKey: (keyFile) => Promise.resolve(keys.push(keyFile)),
  });
};

describe('islet init', () => {
  it('writes the given flags and the key, and the result loads', async () => {
    writeFileSync(join(folder, 'pw'), 'secret\n');
    const code = await init({
      serverName: 'id.example.org',
      ldapUrl: 'ldap://ldap.example.org',
      preset: 'freeipa',
      base: 'cn=users,cn=accounts,dc=example,dc=org',
      bindDn: 'uid=islet,cn=sysaccounts,cn=etc,dc=example,dc=org',
      bindPasswordFile: 'pw',
      smtpUrl: 'smtps://mail.example.org',
    });
    expect([code, printed[0]]).toEqual([0, `${file()} is written`]);
    const { config, warnings } = loadConfig({ file: file(), env: {} });
    expect(warnings).toEqual([expect.stringContaining('listen.trustedProxies')]);
    expect(config.server).toMatchObject({ name: 'id.example.org', publicUrl: 'https://id.example.org' });
    expect(config.sources[0]).toMatchObject({ startTls: true, preset: 'freeipa', homeserver: 'example.org' });
    expect((config.sources[0] as LdapConfig).bindPassword?.value).toBe('secret');
    expect(config.mail).toMatchObject({ host: 'mail.example.org', from: 'noreply@id.example.org' });
    expect(config.dataDir).toBe(join(folder, 'data'));
    expect(keys).toEqual([join(folder, 'data/signing.key')]);
  });

  it('asks for missing answers, repeats the question after invalid ones, and hides passwords', async () => {
    const directory = [
      'ldaps://ldap.example.org',
      '',
      'ou=people,dc=example,dc=org',
      'cn=islet,dc=example,dc=org',
      '',
      '',
    ];
    const relay = ['smtps://islet@mail.example.org', ''];
    const prompt = typing(
      'https://id.example.org',
      'id.example.org',
      '',
      ...directory,
      ...relay,
      'hunter2',
      'tr0ub4dor',
    );
    expect(await init({}, prompt)).toBe(0);
    expect(prompt.asked[1]).toMatch(/^This must be a Matrix server name/);
    const { config } = loadConfig({ file: file(), env: {} });
    expect((config.sources[0] as LdapConfig).bindPassword?.value).toBe('hunter2');
    expect(config.mail?.password?.value).toBe('tr0ub4dor');
    expect(readFileSync(file(), 'utf8')).not.toMatch(/hunter2|tr0ub4dor/);
    expect(statSync(join(folder, 'ldap-password')).mode & 0o777).toBe(0o600);
    expect(statSync(file()).mode & 0o777 & ~0o640).toBe(0);
  });

  it('checks each answer when it is given, also those of flags, and keeps valid ones', async () => {
    const prompt = typing(
      '', // public URL
      'ldaps://ldap.example.org',
      '', // preset
      'people',
      'ou=people,dc=example,dc=org',
      '', // anonymous
      'missing.pem',
      '',
      'no server name',
      'example.org',
      '', // no mail server
    );
    const flags = { serverName: 'id.example.org', ldapUrl: 'http://ldap.example.org' };
    expect(await init(flags, prompt)).toBe(0);
    const complaints = prompt.asked.flatMap((question) => /^This .*/.exec(question)?.[0] ?? []);
    expect(complaints).toEqual([
      expect.stringMatching(/^This must be .*ldaps?:\/\//),
      expect.stringMatching(/^This must be distinguished names such as/),
      expect.stringMatching(/^This .*missing\.pem does not exist/),
      expect.stringMatching(/^This must be a Matrix server name/),
    ]);
    const { config } = loadConfig({ file: file(), env: {} });
    expect(config.sources[0]).toMatchObject({
      urls: ['ldaps://ldap.example.org'],
      bases: ['ou=people,dc=example,dc=org'],
      homeserver: 'example.org',
    });
  });

  it('asks nothing if the password file of a flag cannot be read', async () => {
    const prompt = typing('id.example.org');
    expect(await init({ bindPasswordFile: 'missing' }, prompt)).toBe(1);
    expect(prompt.asked).toEqual([]);
    expect(printed).toEqual(['bindPasswordFile: missing cannot be read: ENOENT']);
  });

  it('asks nothing about a directory and a mail server that do not exist', async () => {
    const prompt = typing('id.example.org', '', '', '');
    expect(await init({}, prompt)).toBe(0);
    expect(prompt.asked).toHaveLength(4);
    const { config } = loadConfig({ file: file(), env: {} });
    expect(config.sources.map(({ name }) => name)).toEqual(['bindings']);
    expect(config).not.toHaveProperty('mail');
  });

  it('never overwrites a file', async () => {
    writeFileSync(file(), 'mine');
    expect(await init({ serverName: 'id.example.org' })).toBe(1);
    expect(readFileSync(file(), 'utf8')).toBe('mine');
    expect(printed).toEqual([`${file()} already exists and is not changed`]);
  });

  it('writes no configuration that would not load', async () => {
    expect(await init({ serverName: 'id.example.org', ldapUrl: 'ldaps://h', base: 'people' })).toBe(1);
    expect(printed).toEqual(['sources[0].ldap.bases: must be distinguished names such as ou=people,dc=example,dc=org']);
    expect(existsSync(file())).toBe(false);
  });

  it('writes nothing if the questions are cancelled', async () => {
    const prompt = typing(
      'id.example.org',
      '',
      'ldaps://h',
      '',
      'dc=x',
      'cn=a',
      '',
      '',
      'smtps://u@h',
      '',
      'ldap secret',
    );
    expect(await init({}, prompt)).toBe(1);
    expect(printed.at(-1)).toBe('\nNothing was written');
    expect(existsSync(file())).toBe(false);
    expect(existsSync(join(folder, 'ldap-password'))).toBe(false);
  });

  it('continues if the key cannot be created yet', async () => {
    const code = await initCommand(
      { serverName: 'id.example.org' },
      { prompt: undefined, print, style: plainStyle, cwd: folder, makeKey: () => Promise.reject(new Error('no')) },
    );
    expect(code).toBe(0);
    expect(printed.join('\n')).toContain('is created at the first start');
  });
});
