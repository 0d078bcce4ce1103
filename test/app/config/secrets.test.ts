import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPipe } from '../../../src/app/config/input/read-pipe.js';
import { type LdapConfig, loadConfig } from '../../../src/app/config/config.js';

const PASSWORD = 's3cr$t "#1" ';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'islet-secrets-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/**
 * The error for a user other than root, in a child process: root can read all files, and some Node.js refuse `seteuid`.
 */
function refusalForOthers(passwordFile: string): string {
  const [script, bundle] = [join(folder, 'load.ts'), join(folder, 'load.mjs')];
  const config = join(import.meta.dirname, '../../../src/app/config/config.ts');
  writeFileSync(script, `import { loadConfig } from ${JSON.stringify(config)};\nloadConfig({ env: process.env });\n`);
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  buildSync({ entryPoints: [script], outfile: bundle, bundle: true, platform: 'node', format: 'esm', banner });
  chmodSync(folder, 0o755);
  chmodSync(bundle, 0o644);
  const env = { ISLET_MAIL_HOST: 'h', ISLET_MAIL_USERNAME: 'u', ISLET_MAIL_PASSWORD_FILE: passwordFile };
  const isRoot = process.geteuid?.() === 0;
  const { stderr } = spawnSync(process.execPath, [bundle], { env, cwd: folder, ...(isRoot && { uid: 65_534 }) });
  return stderr.toString();
}

function load(mail: string, env: Record<string, string> = {}) {
  const file = join(folder, 'islet.yaml');
  writeFileSync(file, `mail: { host: h, username: u, ${mail} }`);
  return loadConfig({ file, env, cwd: folder }).config.mail?.password;
}

const write = (content: string | Buffer): void => writeFileSync(join(folder, 'password'), content);

describe('a secret', () => {
  it.each([
    ['without a line ending', PASSWORD, ''],
    ['with a line ending', `${PASSWORD}\n`, ', without its line ending'],
    ['with a line ending of Windows', `${PASSWORD}\r\n`, ', without its line ending'],
    ['with a byte order mark', `\uFEFF${PASSWORD}\n`, ', without its line ending'],
  ])('may be in its own file %s', (_case, content, note) => {
    write(content);
    expect(load('passwordFile: password')).toEqual({
      value: PASSWORD,
      from: `file ${join(folder, 'password')}${note}`,
      file: join(folder, 'password'),
    });
  });

  it('loses one line ending and no more', () => {
    write('secret\n\n');
    expect(load('passwordFile: password')).toEqual({
      value: 'secret\n',
      from: `file ${join(folder, 'password')}, without its line ending, more than one line`,
      file: join(folder, 'password'),
    });
  });

  it.each([
    ['a block of YAML', 'password: |\n    s3cret\n  port: 25\n', {}, 'configuration file'],
    [
      'the environment',
      'port: 25\n',
      { ISLET_MAIL_PASSWORD: 's3cret\r\n' },
      'environment variable ISLET_MAIL_PASSWORD',
    ],
  ])('loses one line ending from %s, too', (_case, mail, env, from) => {
    const file = join(folder, 'islet.yaml');
    writeFileSync(file, `mail:\n  host: h\n  username: u\n  ${mail}`);
    const { config } = loadConfig({ file, env });
    expect(config.mail?.password?.value).toBe('s3cret');
    expect(config.mail?.password?.from).toMatch(new RegExp(`^${from}.*, without its line ending$`));
  });

  it('that is followed by a comment is reported with the hint that the comment is not part of it', () => {
    writeFileSync(join(folder, 'islet.yaml'), 'mail:\n  host: h\n  username: u\n  password: pass #1\n');
    expect(loadConfig({ file: join(folder, 'islet.yaml'), env: {} }).config.mail?.password).toEqual({
      value: 'pass',
      from: `configuration file ${join(folder, 'islet.yaml')}, without the comment after it`,
    });
  });

  it('may be read from a pipe, and a pipe without a writer is reported', async () => {
    const pipe = join(folder, 'password');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', 'printf "s3cret\\n" > "$0"', pipe]);
    expect(load('passwordFile: password')?.value).toBe('s3cret');
    await once(writer, 'close');
    expect(() => readPipe(pipe, 50)).toThrow(expect.objectContaining({ code: 'ETIMEDOUT' }));
  });

  it('is the same from the file and from the environment', () => {
    expect(load(`password: '${PASSWORD}'`)).toEqual({
      value: PASSWORD,
      from: `configuration file ${join(folder, 'islet.yaml')}`,
    });
    expect(load('password: other', { ISLET_MAIL_PASSWORD: PASSWORD })).toEqual({
      value: PASSWORD,
      from: 'environment variable ISLET_MAIL_PASSWORD',
    });
    write(PASSWORD);
    expect(load('', { ISLET_MAIL_PASSWORD_FILE: 'password' })?.value).toBe(PASSWORD);
  });

  it('in the mail URL is reported with the origin of the URL', () => {
    const file = join(folder, 'islet.yaml');
    writeFileSync(file, '');
    const { config } = loadConfig({ file, env: { ISLET_MAIL_SMTP_URL: 'smtps://u:p@h' } });
    expect(config.mail?.password).toEqual({ value: 'p', from: 'environment variable ISLET_MAIL_SMTP_URL' });
  });

  it.each([
    ['an empty file', '', 'mail.passwordFile: FOLDER/password is empty (line 1)'],
    ['a file with nothing but a line ending', '\n', 'mail.passwordFile: FOLDER/password is empty (line 1)'],
    [
      'bytes that are not text',
      Buffer.from([0xff, 0xfe, 0x41]),
      'mail.passwordFile: FOLDER/password is not in UTF-8 (line 1)',
    ],
    [
      'text in UTF-16',
      Buffer.from('secret\n', 'utf16le'),
      'mail.passwordFile: contains NUL bytes: file FOLDER/password (line 1; save it as UTF-8)',
    ],
    ['a folder', undefined, 'mail.passwordFile: FOLDER/password is a folder, not a file (line 1)'],
  ])('stops the start if it is %s', (_case, content, expected) => {
    if (content === undefined) mkdirSync(join(folder, 'password'));
    else write(content);
    expect(() => load('passwordFile: password')).toThrow(expected.replace('FOLDER', folder));
  });

  it('stops the start if it is missing, empty, or given twice', () => {
    expect(() => load('passwordFile: gone')).toThrow(`mail.passwordFile: ${folder}/gone does not exist (line 1)`);
    expect(() => load('', { ISLET_MAIL_PASSWORD: '' })).toThrow(
      'mail.password: is empty (ISLET_MAIL_PASSWORD; leave it out instead)',
    );
    expect(() => load('passwordFile: "file://gone/password"')).toThrow('file://gone/password does not exist');
    write(PASSWORD);
    const twice = 'mail.password: is set twice, directly and as passwordFile';
    expect(() => load('password: p, passwordFile: password')).toThrow(twice);
    expect(() => load('passwordFile: password', { ISLET_MAIL_PASSWORD: 'p' })).toThrow(twice);
  });

  it('that cannot be read stops the start with a message that contains the remedy', () => {
    write(PASSWORD);
    chmodSync(join(folder, 'password'), 0o200);
    expect(refusalForOthers(join(folder, 'password'))).toMatch(
      /password cannot be read by .*uid \d+\)?: it belongs to uid \d+, gid \d+ and has mode 0200/,
    );
  });
});

describe('a configuration file with secrets in it', () => {
  it.each([
    [0o644, [expect.stringMatching(/islet\.yaml contains secrets and can be read by every user of this machine$/)]],
    [0o640, []],
  ])('of mode %o causes a warning if everyone can read it', (mode, expected) => {
    const file = join(folder, 'islet.yaml');
    writeFileSync(file, 'server: { name: a.example }\nmail: { smtpUrl: "smtps://u:p@h" }');
    chmodSync(file, mode);
    expect(loadConfig({ file, env: {} }).warnings).toEqual(expected);
  });
});

describe('a secret of a source', () => {
  const ldap = (more: string, env: Record<string, string>) => {
    const file = join(folder, 'islet.yaml');
    writeFileSync(
      file,
      `sources: [{ ldap: { name: head-office, urls: "ldaps://h", bases: "dc=x", preset: openldap, bindDn: "cn=a"${more} } }]`,
    );
    const { config, warnings } = loadConfig({ file, env: { ISLET_SERVER_NAME: 'a.example', ...env }, cwd: folder });
    expect(warnings).toEqual([]);
    return (config.sources[0] as LdapConfig).bindPassword;
  };

  it('may come from the environment under the name of the source', () => {
    expect(ldap('', { ISLET_SOURCES_HEAD_OFFICE_BIND_PASSWORD: PASSWORD })).toEqual({
      value: PASSWORD,
      from: 'environment variable ISLET_SOURCES_HEAD_OFFICE_BIND_PASSWORD',
    });
    write(PASSWORD);
    expect(ldap('', { ISLET_SOURCES_HEAD_OFFICE_BIND_PASSWORD_FILE: 'password' })?.value).toBe(PASSWORD);
  });

  it('that is set to an empty text is not a missing one', () => {
    const env = { ISLET_SOURCES_HEAD_OFFICE_BIND_PASSWORD: '' };
    expect(() => ldap(', bindPassword: p', env)).toThrow('sources[0].ldap.bindPassword: is empty');
  });
});
