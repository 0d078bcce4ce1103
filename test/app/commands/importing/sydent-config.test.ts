import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importSydentConf } from '../../../../src/app/commands/import-conf.js';
import { plainStyle } from '../../../../src/app/commands/terminal-style.js';
import { loadConfig } from '../../../../src/app/config/config.js';
import {
  identityOf,
  parseSydentConf,
  translateSydentConf,
} from '../../../../src/app/commands/importing/sydent-config.js';
import { SYDENT_PLACES } from '../../../../src/app/commands/importing/sydent-places.js';
import { pathOf } from '../../../support/config/generated.js';
import { movingFile } from '../../../support/moving/databases.js';

const translate = (text: string, files: Record<string, string> = {}) =>
  translateSydentConf(parseSydentConf(text), 'data', (path) => files[path]);

describe('sydent.conf', () => {
  it('is read as Python reads it', () => {
    const conf = parseSydentConf(
      [
        '# a comment',
        '[DEFAULT]',
        'server.name = default.example.org',
        'log.level: DEBUG',
        '[general]',
        'Server.Name = id.example.org',
        'note = %(log.level)s and 50%%',
        '; another comment',
        'ip.whitelist = 10.0.0.0/8,',
        '   192.168.1.1/32',
        'value ; with a semicolon = a ; b',
        '[email]',
        'email.invite.subject = %(sender_display_name)s says 50%%',
      ].join('\r\n'),
    );
    expect(conf.get('general', 'server.name')).toBe('id.example.org');
    expect(conf.get('http', 'server.name')).toBe('default.example.org');
    expect(conf.get('general', 'NOTE')).toBe('DEBUG and 50%');
    expect(conf.get('general', 'ip.whitelist')).toBe('10.0.0.0/8,\n192.168.1.1/32');
    expect(conf.get('general', 'value ; with a semicolon')).toBe('a ; b');
    expect(conf.get('email', 'email.invite.subject')).toBe('%(sender_display_name)s says 50%%');
    expect(() => parseSydentConf('[a]\nnonsense')).toThrow('line 2 is no option');
  });

  it('may contain its key in either form, and one of another version also answers under version 0', () => {
    const key = (value: string) => identityOf(parseSydentConf(`[crypto]\ned25519.signingkey = ${value}`)).keyFile;
    const seed = 'FJi1Rnpj3/otydngacrwddFvwz/dTDsBv62uZDN2fZM';
    expect(key(`ed25519 0 ${seed}`)).toBe(`ed25519 0 ${seed}\n`);
    expect(key(`ed25519 a_x ${seed}`)).toBe(`ed25519 a_x ${seed}\ned25519 0 ${seed}\n`);
    expect(key('ab'.repeat(32))).toBe(`${'ab'.repeat(32)}\n`);
    expect(key('')).toBeUndefined();
  });

  it('is converted to options with the same meaning', () => {
    const { given } = translate(
      `[DEFAULT]
email.tlsmode = STARTTLS
email.ratelimit_sender.burst = 10
email.ratelimit_sender.rate_hz = 0.01
country.ratelimit.burst = 50
[general]
server.name = id.example.org
enable_v1_access = yes
homeserver_allow_list = Example.org, example.net
address_lookup_limit = 500
log.level = WARNING
terms.path = terms.yaml
[http]
client_http_base = https://id.example.org/
obey_x_forwarded_for = no
[email]
email.smtphost = mail.example.org
email.from = Example <noreply@{hostname}>
[sms]
username = example
password = secret
originators.44 = short:12345, alpha:Matrix
originators.default = alpha:Matrix
smsrule.1 = reject`,
      {
        'terms.yaml':
          'docs: { privacy: { version: 1.2, langs: { en: { name: Privacy, url: "https://example.org/p" } } } }',
      },
    );
    expect(given).toEqual({
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      dataDir: 'data',
      federation: { allowedServers: ['example.org', 'example.net'] },
      v1: { allowFrom: [] },
      lookup: { maxAddresses: 500 },
      mail: { host: 'mail.example.org', port: 25, tls: 'required' },
      sms: {
        gateways: [{ openmarket: { username: 'example', passwordFile: 'openmarket-password' } }],
        originators: { 44: ['short:12345', 'alpha:Matrix'], default: ['alpha:Matrix'] },
        rules: { 1: 'reject' },
      },
      limits: { invites: { perSender: '10/1000s' }, mail: { perUser: '10/1000s' } },
      terms: {
        policies: { privacy: { version: '1.2', languages: { en: { name: 'Privacy', url: 'https://example.org/p' } } } },
      },
      log: { level: 'warn' },
    });
  });

  it('of the fork is converted to a directory and another server, which come first', () => {
    const { given, secretFiles } = translate(readFileSync(movingFile('sydent-fork.conf'), 'utf8'));
    expect(given['sources']).toEqual([
      {
        ldap: {
          name: 'directory',
          urls: ['ldap://ldap.example.org:389'],
          startTls: true,
          bindDn: 'cn=sydent,dc=example,dc=org',
          bindPasswordFile: 'ldap-password',
          bases: ['dc=example,dc=org'],
          filter: '(&(objectClass=user)(objectCategory=person))',
          attributes: { user: 'sAMAccountName', email: ['mail'], msisdn: ['mobile'] },
          homeserver: 'example.org',
        },
      },
      { upstream: { name: 'next', url: 'https://matrix.org' } },
      'bindings',
    ]);
    expect(secretFiles).toEqual({ 'ldap-password': 'secret\n', 'smtp-password': '50%off\n' });
  });

  it('is converted as the documentation says, option by option', () => {
    const page = readFileSync(pathOf('docs/setup/from-sydent.md'), 'utf8');
    for (const [section, places] of Object.entries(SYDENT_PLACES)) {
      const text = page.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
      const rows = Array.from(text.matchAll(/^\| `(.+?)` \| (.+?) \|/gm), ([, key = '', place = '']) => [
        key,
        place.replaceAll('`', ''),
      ]);
      expect({ section, ...Object.fromEntries(rows) }).toEqual({ section, ...places });
    }
  });
});

describe('islet import sydent-conf', () => {
  let folder: string;
  let printed: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'islet-conf-'));
    printed = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (conf: string) =>
    importSydentConf(
      conf,
      { output: 'islet.yaml' },
      { print: (text) => void printed.push(text), style: plainStyle, cwd: folder },
    );

  it.each(['sydent.conf', 'sydent-fork.conf'])(
    'converts %s to a valid file, and says where each option went',
    async (name) => {
      expect(await run(movingFile(name))).toBe(0);
      const text = readFileSync(join(folder, 'islet.yaml'), 'utf8');
      const { config } = loadConfig({ file: join(folder, 'islet.yaml'), env: {} });
      expect(config.server).toMatchObject({ name: 'id.example.org', publicUrl: 'https://id.example.org' });
      expect(text).toContain('ed25519.signingkey: signing.keyFile');
      expect(text).not.toContain('FJi1Rnpj3');
      expect(text.split('\n').filter((line) => line.includes('unknown to Sydent'))).toEqual([]);
    },
  );

  it('writes passwords to separate files that only their owner can read', async () => {
    await run(movingFile('sydent-fork.conf'));
    const { config } = loadConfig({ file: join(folder, 'islet.yaml'), env: {} });
    expect(config.mail).toMatchObject({ host: 'mail.example.org', password: { value: '50%off' } });
    expect(statSync(join(folder, 'smtp-password')).mode & 0o777).toBe(0o600);
  });

  it('does not overwrite files', async () => {
    writeFileSync(join(folder, 'smtp-password'), 'mine');
    expect(await run(movingFile('sydent-fork.conf'))).toBe(1);
    expect(printed.join()).toContain('smtp-password is there already');
    expect(readFileSync(join(folder, 'smtp-password'), 'utf8')).toBe('mine');
  });
});
