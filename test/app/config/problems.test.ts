import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/app/config/config.js';
import { checkForwarding } from '../../../src/app/config/read/sources/upstream.js';
import { ConfigError, Problems } from '../../../src/app/config/errors/problems.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';

/** The problems of a configuration, one per line. */
function problems(yaml: string, env: Record<string, string> = {}): readonly string[] {
  try {
    loadFromEtc(yaml, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n');
  }
}

const ldap = (options: string) => `sources: [{ ldap: { name: a, bases: "dc=x", preset: openldap, ${options} } }]`;
const tls = 'urls: "ldaps://h"';
const upstream = (options: string) => `sources: [{ upstream: { name: a, url: "https://h", ${options} } }]`;

describe('an unknown key', () => {
  it.each([
    ['lissten: {}', 'lissten: unknown key (line 1; did you mean "listen"?)'],
    ['listen: { prot: 1 }', 'listen.prot: unknown key (line 1; did you mean "port"?)'],
    ['listen: { trusted_proxies: [] }', 'listen.trusted_proxies: unknown key (line 1; did you mean "trustedProxies"?)'],
    ['limits: { mail: { perUsr: 5/1h } }', 'limits.mail.perUsr: unknown key (line 1; did you mean "perUser"?)'],
    ['serverName: a', 'serverName: unknown key (line 1; did you mean "server:" and in it "name:"?)'],
    ['server.name: a', 'server.name: unknown key (line 1; did you mean "server:" and in it "name:"?)'],
    ['maxAddresses: 5', 'maxAddresses: unknown key (line 1; did you mean "lookup.maxAddresses"?)'],
    ['client_http_base: x', 'client_http_base: unknown key (line 1; did you mean "server.publicUrl"?)'],
    ['mail: { smtphost: x }', 'mail.smtphost: unknown key (line 1; did you mean "mail.host"?)'],
    ['zzz: 1', 'zzz: unknown key (line 1)'],
    [
      'listen: { constructor: 1, __proto__: { port: 1 } }',
      'listen.constructor: unknown key (line 1)',
      'listen.__proto__: unknown key (line 1)',
    ],
    [ldap(`${tls}, startls: true`), 'sources[0].ldap.startls: unknown key (line 1; did you mean "startTls"?)'],
    [
      ldap(`${tls}, mail_attr: mail`),
      'sources[0].ldap.mail_attr: unknown key (line 1; did you mean "attributes.email"?)',
    ],
    [ldap(`${tls}, bind_pw: x`), 'sources[0].ldap.bind_pw: unknown key (line 1; did you mean "bindPasswordFile"?)'],
    [ldap(`${tls}, mirror: { evry: 5m }`), 'sources[0].ldap.mirror.evry: unknown key (line 1; did you mean "every"?)'],
    [
      ldap(`${tls}, attributes: { mail: x }`),
      'sources[0].ldap.attributes.mail: unknown key (line 1; did you mean "email"?)',
    ],
    [
      'homeservers: { a.example: { url: "https://h", ca: x } }',
      'homeservers.a.example.ca: unknown key (line 1; did you mean "caFile"?)',
    ],
    ['ldap: { uri: x }', 'ldap: unknown key (line 1; did you mean sources, as "- ldap: …"?)'],
  ])('is reported with a suggestion: %s', (yaml, ...expected) => {
    expect(problems(yaml)).toEqual(expected);
  });

  it('is distinguished from a key that is not indented far enough', () => {
    const found = problems('sources:\n  - ldap:\n    name: a\n    urls: ldaps://h\n');
    expect(found).toContain('sources[0].name: unknown key (line 3; indent it further: it belongs below "ldap:")');
  });
});

describe('the addresses that are forwarded to an upstream', () => {
  const found = (isHashed: boolean, forward: Parameters<typeof checkForwarding>[1]) => {
    const list = new Problems(() => undefined);
    checkForwarding(isHashed, forward, ['sources', 0, 'upstream'], list);
    return new ConfigError(list.list).message.split('\n').filter((line) => line !== '');
  };
  const all = ['email', 'msisdn'] as const;

  it('are not limited by domain or medium if only hashes are forwarded', () => {
    const reason =
      'needs plain addresses, but with hashed: true only hashes are sent (leave it out, or write hashed: false; the option homeservers works with both)';
    expect(found(true, { media: ['email'], domains: ['a.example'], exceptDomains: [] })).toEqual(
      ['domains', 'exceptDomains', 'media'].map((key) => `sources[0].upstream.forward.${key}: ${reason}`),
    );
    expect(found(true, { media: all })).toEqual([]);
    expect(found(false, { media: ['email'], domains: ['a.example'] })).toEqual([]);
  });
});

describe('a value', () => {
  it.each([
    ['listen: { port: 80x }', 'listen.port: must be a whole number from 0 to 65535 (line 1)'],
    ['listen: { port: 99999 }', 'listen.port: must be a whole number from 0 to 65535 (line 1)'],
    ['listen: 8090', 'listen: must be a section with keys (line 1)'],
    ['listen: { port: { a: 1 } }', 'listen.port: must be a whole number from 0 to 65535 (line 1)'],
    ['listen: { trustedProxies: [proxy] }', 'listen.trustedProxies: must be IP ranges such as 10.1.0.0/16 (line 1)'],
    ['listen: { trustedProxies: [10/8] }', 'listen.trustedProxies: must be IP ranges such as 10.1.0.0/16 (line 1)'],
    [
      'listen: { idleTimeout: 76 }',
      'listen.idleTimeout: must be a duration with a unit: 500ms, 3s, 5m, 1h or 7d (line 1)',
    ],
    ['listen: { idleTimeout: 0s }', 'listen.idleTimeout: must be longer than 0s and at most 24d (line 1)'],
    ['validation: { confirmPage: no }', 'validation.confirmPage: must be true or false (line 1)'],
    ['validation: { confirmPage: 0 }', 'validation.confirmPage: must be true or false (line 1)'],
    [
      'limits: { mail: { perUser: 5 } }',
      'limits.mail.perUser: must be a number and a period, such as 5/1h, or false for no limit (line 1)',
    ],
    ['limits: true', 'limits: must be a section with keys (line 1)'],
    ['server: false', 'server: must be a section with keys (line 1)'],
    [
      'server: { name: "https://id.example.org" }',
      'server.name: must be a Matrix server name such as example.org or id.example.org:8090 (line 1; leave out the scheme)',
    ],
    [
      'server: { name: 1.5 }',
      'server.name: must be text, but YAML reads this as a number (line 1; write it in quotes)',
    ],
    [
      'server: { publicUrl: "https://h/x?y" }',
      'server.publicUrl: must be a scheme, a host and a port, without path, query or fragment (line 1; write https://h)',
    ],
    ['server: { publicUrl: "https://me@h" }', 'server.publicUrl: must not contain a user name or a password (line 1)'],
    ['log: { level: verbose }', 'log.level: must be one of error, warn, info, debug (line 1)'],
    ['log: { level: warning }', 'log.level: must be one of error, warn, info, debug (line 1)'],
    ['log: { format: jsno }', 'log.format: must be one of json, pretty, auto (line 1; did you mean "json"?)'],
    ['mail: { host: h, from: "a@b@c" }', 'mail.from: must be an email address, or a name and <an address> (line 1)'],
    ['templates: { brand: "" }', 'templates.brand: is empty (line 1; leave it out instead)'],
    ['sources: { ldap: {} }', 'sources: must be a list (line 1)'],
    ['sources: [5]', 'sources[0]: must be a section with keys (line 1)'],
    [
      'sources: [lapd]',
      'sources[0]: must be one of ldap, upstream, file, sql, synapse, rest, use, bindings (line 1; did you mean "ldap"?)',
    ],
    [
      'sources: [{ file: { name: a, path: /nowhere/people.csv } }]',
      'sources[0].file.path: /nowhere/people.csv does not exist (line 1)',
    ],
    [
      'sources: [{ sql: { name: a, find: "in (:addresses)" } }]',
      'sources[0].sql.url: is required, unless file is set (line 1)',
    ],
    [
      'sources: [{ sql: { name: a, url: "postgres://db", find: "mail in (:address)" } }]',
      'sources[0].sql.find: must contain the placeholder :addresses, as in: … in (:addresses) (line 1)',
    ],
    [
      'sources: [{ sql: { name: a, url: "postgres://db", find: "mail = :addresses" } }]',
      'sources[0].sql.find: compares with a single address; write … in (:addresses) (line 1)',
    ],
    [
      'sources: [{ sql: { name: a, url: "postgres://db", find: "in (:addresses)", list: "a = :medium" } }]',
      'sources[0].sql.list: must return everything: remove :addresses and :medium (line 1)',
    ],
    [
      'sources: [{ sql: { name: a, find: select, url: "oracle://db" } }]',
      'sources[0].sql.url: must be a URL postgres://user@host/database or mysql://user@host/database (line 1)',
    ],
    [
      'sources: [{ rest: { name: a, url: "https://h", bulk: false, single: false } }]',
      'sources[0].rest.bulk: is required if single is false (line 1)',
    ],
    [
      'sources: [{ rest: { name: a, url: "https://h", accounts: { check: true } } }]',
      'sources[0].rest.accounts: must be a word (line 1; write accounts: check)',
    ],
    [
      'sources: [{ rest: { name: a, url: "https://h", accounts: true } }]',
      'sources[0].rest.accounts: must be assume or check (line 1; write accounts: check)',
    ],
    ['accounts: check', 'accounts: unknown key (line 1; did you mean accounts: check, in a source?)'],
    [
      'homeservers: { a: { url: "https://h", accountApi: synapse } }',
      'homeservers.a.accountApi: needs the access token of an administrator (line 1; write accessTokenFile)',
    ],
    ['sources: [{ use: /nowhere/hr.mjs }]', 'sources[0].use: /nowhere/hr.mjs does not exist (line 1)'],
    ['sources: [{ use: / , name: a }]', 'sources[0].use: / is not a file (line 1)'],
    ['sources: [{ use: /etc/islet/hr.mjs, wiht: {} }]', 'sources[0].wiht: unknown key (line 1; did you mean "with"?)'],
    [
      'sources: [{ use: /etc/islet/hr.mjs, media: [fax] }]',
      'sources[0].media: must be a list of email, msisdn (line 1)',
    ],
    [
      'sources: [{ upstream: { name: a, url: "https://h", hashed: true } }]',
      'sources[0].upstream.hashed: is true without an access token; API version 1 has no hashed lookups (line 1; set accessTokenFile, or write false)',
    ],
    [
      'sources: [{ upstream: { name: a, url: "https://h", hashed: sha256, accessToken: t } }]',
      'sources[0].upstream.hashed: must be true or false (line 1)',
    ],
    [
      'sources: [{ upstream: { name: a, url: "https://h", hashed: true, accessTokenFile: / } }]',
      'sources[0].upstream.accessTokenFile: / is a folder, not a file (line 1)',
    ],
    [
      'sources: [{ upstream: { name: a, url: "https://h", hashed: true, accessToken: t } }, { upstream: { name: b, url: "https://i", hashed: true, accessToken: t } }]',
      'sources[1].upstream.hashed: is true for b and for a, but clients can use only one pepper (line 1; set one of them to false; it is then asked with plain addresses)',
    ],
    [
      upstream('forward: { domains: [team@example.org] }'),
      'sources[0].upstream.forward.domains: must be mail domains such as example.org, or *.example.org for all subdomains (line 1; write example.org, and *.example.org for its subdomains)',
    ],
    [
      upstream('forward: { exceptDomains: ["*"] }'),
      'sources[0].upstream.forward.exceptDomains: must be mail domains such as example.org, or *.example.org for all subdomains (line 1)',
    ],
    [
      upstream('forward: { exceptDomain: [a.example] }'),
      'sources[0].upstream.forward.exceptDomain: unknown key (line 1; did you mean "exceptDomains"?)',
    ],
    [
      upstream('homeservers: ["https://a.example"]'),
      'sources[0].upstream.homeservers: must be a Matrix server name such as example.org or id.example.org:8090 (line 1; leave out the scheme)',
    ],
    [
      upstream('cache: { entries: 0 }'),
      'sources[0].upstream.cache.entries: must be a whole number from 1 to 1000000 (line 1)',
    ],
    [
      ldap(`${tls}, phoneRegion: 49`),
      'sources[0].ldap.phoneRegion: must be text, but YAML reads this as a number (line 1; write it in quotes)',
    ],
    [
      ldap(`${tls}, phoneRegion: XX`),
      'sources[0].ldap.phoneRegion: must be a country code of two letters, such as DE or GB (line 1)',
    ],
    [
      'sources: [{ ldap: { name: a, bases: "dc=x", urls: "ldaps://h", preset: activDirectory } }]',
      'sources[0].ldap.preset: must be one of openldap, activeDirectory, freeipa (line 1; did you mean "activeDirectory"?)',
    ],
    [
      ldap(`${tls}, filter: "(uid=*"`),
      'sources[0].ldap.filter: is not valid: the filter cannot be read at its end: ")" expected (line 1)',
    ],
    [
      ldap(`${tls}, homeserver: h, localpart: uid`),
      'sources[0].ldap.localpart: is not valid: the localpart "uid" contains no attribute: write one in braces, such as "{uid}" (line 1)',
    ],
    [ldap(`${tls}, mirror: 5m`), 'sources[0].ldap.mirror: must be false, or a section with keys (line 1)'],
    [
      ldap(`${tls}, mirror: { maxShrink: 20 }`),
      'sources[0].ldap.mirror.maxShrink: must be a percentage from 0% to 100% (line 1)',
    ],
    [
      ldap('urls: "ldaps://h/dc=x"'),
      'sources[0].ldap.urls: must be a scheme, a host and a port (line 1; use bases and filter instead)',
    ],
    [
      'sources: [{ ldap: { name: a, bases: "", urls: "ldaps://h", preset: openldap } }]',
      'sources[0].ldap.bases: is empty (line 1; write [""] for the whole forest of a global catalog)',
    ],
    [
      'sources: [{ ldap: { name: a, bases: ["", people], urls: "ldaps://h", preset: openldap } }]',
      'sources[0].ldap.bases: must be distinguished names such as ou=people,dc=example,dc=org (line 1)',
    ],
    [ldap('urls: h'), 'sources[0].ldap.urls: must be a URL ldaps://… or ldap://… (line 1)'],
    ['homeservers: [a]', 'homeservers: must be a section with keys (line 1)'],
    [
      'homeservers: { "a_b": { url: "https://h" } }',
      'homeservers.a_b: must be named by a Matrix server name such as example.org (line 1)',
    ],
    [
      'homeservers: { a: { url: "https://h", verifyKeys: { "ed25519:a": abc } } }',
      'homeservers.a.verifyKeys.ed25519:a: must be an ed25519 public key in unpadded base64, 43 characters (line 1)',
    ],
    [
      'sms: { originators: { 49: [491234567] } }',
      'sms.originators.49: must be text, but YAML reads this as a number (line 1; write it in quotes)',
    ],
    ['sms: { originators: { +49: ["alpha:A"] } }', undefined],
    [
      'sms: { originators: { DE: ["alpha:A"] } }',
      'sms.originators.DE: must be named by a calling code such as 49, or default (line 1)',
    ],
    ['sms: { rules: { 49: deny } }', 'sms.rules.49: must be one of allow, reject (line 1)'],
    [
      'sms: { gateways: [{ http: { url: "https://h/{{to}}" } }] }',
      'sms.gateways[0].http.url: may contain only the placeholders {{number}}, {{originator}}, {{text}}, {{password}} and {{alphabet:A|B}} (line 1)',
    ],
    [
      'sms: { gateways: [{ http: { url: "https://h", success: { body: "(" } } }] }',
      'sms.gateways[0].http.success.body: must be a regular expression (line 1)',
    ],
  ])('is refused with the reason: %s', (yaml, expected) => {
    expect(problems(yaml)).toEqual(expected === undefined ? [] : [expected]);
  });

  it('is refused if tokens would be longer than clients accept (EM-7)', () => {
    expect(problems('validation: { tokenLength: 255 }').join()).not.toContain('tokenLength');
    expect(problems('validation: { tokenLength: 256 }').join()).toContain('validation.tokenLength');
  });

  it('from the environment is refused under the name of its variable', () => {
    expect(problems('listen: { port: 1 }', { ISLET_LISTEN_PORT: '' })).toEqual([
      'listen.port: must be a whole number from 0 to 65535 (ISLET_LISTEN_PORT)',
    ]);
  });

  it.each([
    ['mail: { host: h, username: u, password: 4711007 }', '4711007'],
    ['mail: { smtpUrl: "http://u:4711007@h" }', '4711007'],
    ['database: { url: "mysql://u:4711007@h" }', '4711007'],
    [ldap(`${tls}, bindDn: "cn=a", bindPassword: 4711007`), '4711007'],
    ['sms: { gateways: [{ http: { url: "https://h", headers: { a: ["4711007"] } } }] }', '4711007'],
    ['mail: { password: "4711007', '4711007'],
  ])('that is a secret is never shown: %s', (yaml, secret) => {
    expect(problems(yaml)).not.toEqual([]);
    expect(problems(yaml).join('\n')).not.toContain(secret);
  });
});

describe('a contradiction', () => {
  it.each([
    [
      'admin: { userHeader: X-Forwarded-User }',
      'admin.userHeader: has no effect without admin.trustedProxies (line 1; set both, or none)',
    ],
    [
      'admin: { trustedProxies: [10.0.0.5] }',
      'admin.trustedProxies: has no effect without admin.userHeader (line 1; set both, or none)',
    ],
    [
      'admin: { trustedProxies: [10.0.0.5], userHeader: "X Y" }',
      'admin.userHeader: must be the name of an HTTP header, such as X-Forwarded-User (line 1)',
    ],
    ['listen: { port: 8091 }', 'admin.port: is also the port of "listen" (choose another one)'],
    [
      'listen: { host: "0.0.0.0" }\nadmin: { port: 8090 }',
      'admin.port: is also the port of "listen" (line 2; choose another one)',
    ],
    ['listen: { host: 10.0.0.1 }\nadmin: { port: 8090 }', undefined],
    ['listen: { port: 0 }\nadmin: { port: 0 }', undefined],
    ['lookup: { pepperLifetime: 1h, pepperGrace: 2h }', 'lookup.pepperGrace: is longer than pepperLifetime (line 1)'],
    ['sources: [bindings, bindings]', 'sources[1]: bindings are already in the list (line 1; give each its own name)'],
    [
      'sources: [{ upstream: { name: a, url: "https://h" } }, { upstream: { name: A, url: "https://h" } }]',
      'sources[1]: has the same name as sources[0] (line 1; give each its own name)',
    ],
    [
      'sources: [{ upstream: { name: bindings, url: "https://h" } }]',
      'sources[0].upstream.name: is reserved for the bindings of this server (line 1; choose another name)',
    ],
    [
      ldap(`${tls}, startTls: true`),
      'sources[0].ldap.startTls: is only for ldap://; ldaps:// is already encrypted (line 1; leave it out)',
    ],
    [
      ldap('urls: "ldap://h", bindDn: "cn=a", bindPassword: p'),
      'sources[0].ldap.urls: ldap:// would send the password of bindDn without encryption (line 1; use ldaps:// or startTls: true; to allow it, write allowClearText: true)',
    ],
    [ldap('urls: "ldap://127.0.0.1", bindDn: "cn=a", bindPassword: p'), undefined],
    [ldap('urls: "ldap://127.evil.example", bindDn: "cn=a", bindPassword: p, startTls: true'), undefined],
    [ldap('urls: "ldap://h", bindDn: "cn=a", bindPassword: p, allowClearText: true'), undefined],
    [ldap('urls: "ldap://h"'), undefined],
    [
      ldap(`${tls}, bindDn: "cn=a"`),
      'sources[0].ldap.bindDn: needs a password: without one, many directories do an anonymous bind (line 1; write bindPasswordFile)',
    ],
    [
      ldap(`${tls}, bindDn: "cn=a", bindPassword: ""`),
      'sources[0].ldap.bindPassword: is empty (line 1; leave it out instead)',
    ],
    [ldap(`${tls}, bindPassword: p`), 'sources[0].ldap.bindDn: is required if there is a password (line 1)'],
    [
      ldap('urls: "ldap://h", caFile: /etc/islet/ca.pem'),
      'sources[0].ldap.caFile: has no effect without TLS (line 1; use ldaps:// or startTls: true)',
    ],
    [
      ldap(`${tls}, caFile: /etc/islet/not-pem`),
      expect.stringMatching(/^sources\[0\]\.ldap\.caFile: \S+\/not-pem does not contain certificates \(PEM\)/),
    ],
    [
      ldap(`${tls}, caFile: gone.pem`),
      expect.stringMatching(/^sources\[0\]\.ldap\.caFile: \S+\/gone\.pem does not exist/),
    ],
    [ldap(`${tls}, localpart: "{uid}"`), 'sources[0].ldap.homeserver: is required if localpart is set (line 1)'],
    [
      'sources: [{ ldap: { name: a, urls: "ldaps://h", bases: "dc=x", attributes: { email: mail } } }]',
      'sources[0].ldap.attributes.user: is required without a preset (line 1)',
    ],
    [
      'sources: [{ ldap: { name: a, urls: "ldaps://h", bases: "dc=x", attributes: { user: uid } } }]',
      'sources[0].ldap.attributes.email: is required without a preset, unless msisdn is set (line 1)',
    ],
    [
      'mail: { from: a@example.org }',
      'mail.from: has no effect without a mail server (line 1; set mail.host or mail.smtpUrl)',
    ],
    ['mail: { smtpUrl: "smtps://h", host: h }', 'mail.host: is already part of smtpUrl (line 1; leave one out)'],
    ['mail: { smtpUrl: "smtps://h", tls: none }', 'mail.tls: contradicts smtps:// (line 1; leave it out)'],
    ['mail: { smtpUrl: "smtp://h", tls: implicit }', 'mail.tls: contradicts smtp:// (line 1; write smtps://)'],
    ['mail: { smtpUrl: "smtp://h", tls: none }', undefined],
    ['mail: { host: h, username: u }', 'mail.password: is required if there is a username (line 1)'],
    ['mail: { host: h, password: p }', 'mail.username: is required if there is a password (line 1)'],
    [
      'mail: { host: h, tls: none, username: u, password: p }',
      'mail.tls: must not be none if there is a password: it would be sent without encryption (line 1; write required or implicit)',
    ],
    ['mail: { host: localhost, tls: none, username: u, password: p }', undefined],
    [
      'mail: { host: h, caFile: /etc/islet/ca.pem }',
      'mail.caFile: tls: opportunistic does not check certificates (line 1; set mail.tls to required or implicit)',
    ],
    [
      'database: { url: "postgres://h/d", file: x.db }',
      'database.file: is for SQLite, but url is for PostgreSQL (line 1; leave one out)',
    ],
    [
      'database: { url: "postgres://u:p@h/d", password: p }',
      'database.url: contains a password, but password is set, too (line 1; leave one out)',
    ],
    ['database: { password: p }', 'database.password: is for PostgreSQL, but url is not set (line 1)'],
    [
      'sms: { gateways: [{ openmarket: { username: u } }] }',
      'sms.gateways[0].openmarket.password: is required (line 1; write passwordFile)',
    ],
    [
      'sms: { gateways: [{ http: { url: "https://h", method: GET, body: x } }] }',
      'sms.gateways[0].http.body: is not allowed in a GET request (line 1)',
    ],
  ])('is refused with a reason: %s', (yaml, expected) => {
    expect(problems(yaml)).toEqual(expected === undefined ? [] : [expected]);
  });
});

describe('several problems', () => {
  it('are all reported together, in the order of the file', () => {
    const yaml = `
mail: { host: h, timeLimit: soon }
listen: { prot: 1, port: x }
sources:
  - ldap: { name: a, urls: "ldaps://h", bases: people, preset: openldap }
limits: { mail: { perUser: 1 } }
`;
    expect(problems(yaml, { ISLET_LOG_LEVEL: 'loud' }).map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'mail.timeLimit',
      'listen.prot',
      'listen.port',
      'sources[0].ldap.bases',
      'limits.mail.perUser',
      'log.level',
    ]);
  });

  it('are available one by one', () => {
    const thrown = (() => {
      try {
        return loadFromEtc('listen: { prot: 1 }');
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(ConfigError);
    expect((thrown as ConfigError).problems).toEqual([
      { key: 'listen.prot', reason: 'unknown key', suggestion: 'did you mean "port"?', place: 'line 1' },
    ]);
  });
});

describe('a file that is not a configuration', () => {
  const refusal = (content: string | Buffer): string => {
    const folder = mkdtempSync(join(tmpdir(), 'islet-config-'));
    const file = join(folder, 'islet.yaml');
    writeFileSync(file, content);
    try {
      loadConfig({ file, env: {} });
      return 'loaded';
    } catch (error) {
      return (error as Error).message.replaceAll(`${folder}/`, '');
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it.each([
    ['a repeated key', 'server:\n  name: a\n  name: b\n', 'islet.yaml: line 3, column 3: Map keys must be unique'],
    ['wrong indentation', 'server:\n  name: a\n port: 1\n', /^islet\.yaml: line 3, column \d+: /],
    ['a quote without its end', 'server:\n  name: "a\n', /^islet\.yaml: line \d, column \d+: Missing closing "quote/],
    ['two documents', 'server: {}\n---\nlisten: {}\n', /^islet\.yaml: line 2, column 1: /],
    ['a list', '- ldap\n', 'islet.yaml: must contain sections such as "server:", not a list or a single value'],
    ['text', 'server\n', 'islet.yaml: must contain sections such as "server:", not a list or a single value'],
    ['an alias of itself', 'sources: &a [*a]\n', 'islet.yaml: its aliases cannot be resolved'],
    [
      'Latin-1',
      Buffer.from('server: { name: b\xfcro.example }', 'latin1'),
      'islet.yaml: is not in UTF-8 (save it as UTF-8)',
    ],
  ])('is refused with the position: %s', (_case, content, expected) => {
    expect(refusal(content)).toMatch(expected);
  });

  it.each(['*s3cret', '&s3cret pass', '!s3cret pass', '@s3cret', '%s3cret', '`s3cret`'])(
    'is refused if it contains %s without quotes, and is not quoted in the error',
    (password) => {
      expect(refusal(`mail:\n  host: h\n  password: ${password}\n`)).toMatch(
        /^islet\.yaml: line 3, column \d+: (?!.*s3cret).* \(put text that begins like this in quotes\)$/,
      );
    },
  );

  it('is refused if it does not exist', () => {
    expect(() => loadConfig({ file: '/nowhere/islet.yaml', env: {} })).toThrow('/nowhere/islet.yaml does not exist');
  });
});

describe('the configuration of the user search', () => {
  const search = (options: string, more = 'homeserver: example.org') =>
    `${ldap(`${tls}, ${more}`)}\nsearch: { homeserver: "http://127.0.0.1:8008"${options} }`;

  const searchIn = (source: string, options = 'sources: [a]') =>
    `sources: [${source}]\nsearch: { homeserver: "http://127.0.0.1:8008", showTo: [example.org], ${options} }`;

  it('needs one line', () => {
    expect(problems(search(''))).toEqual([]);
  });

  it('may include files and other named sources', () => {
    expect(problems(searchIn('{ file: { name: a, path: /etc/islet/people.csv } }'))).toEqual([]);
    expect(problems(searchIn('{ use: /etc/islet/hr.mjs, name: a }'))).toEqual([]);
  });

  it.each([
    [`${ldap(`${tls}, homeserver: example.org`)}\nsearch: { minLetters: 2 }`, /^search.homeserver: is required/],
    [search(', sources: [b]'), /^search.sources: names b, which is none of the sources/],
    [search('', 'homeserver: example.org, mirror: false'), /^search.sources: finds nobody/],
    [searchIn('{ file: { name: a, path: /etc/islet/people.csv } }', ''), /^search.sources: finds nobody/],
    [searchIn('{ file: { name: a, path: /p.csv, mirror: false } }'), /^search.sources: names a, which has no mirror/],
    [searchIn('bindings', 'sources: [bindings]'), /^search.sources: must not name bindings: they hold addresses alone/],
    [searchIn('{ rest: { name: a, url: "https://hr.example.org", bulk: /b } }'), /names a, which has no `list`/],
    [
      searchIn('{ sql: { name: a, url: "postgres://localhost/hr", find: "select :medium, :addresses" } }'),
      /names a, which has no `list`/,
    ],
    [searchIn('{ upstream: { name: a, url: "https://id.example.net" } }'), /names a, which is an identity server/],
    [
      searchIn('{ synapse: { name: a, url: "postgres://localhost/synapse", homeserver: example.org } }'),
      /contains only addresses/,
    ],
    [search('', 'phoneRegion: DE'), /^search.showTo: is required/],
    [search(', name: ["{sn"]'), /^search.name: .*brace/],
    [search(', name: ["family name"]'), /^search.name: must be names of attributes/],
    [search(', attributes: ["a b"]'), /^search.attributes: must be names/],
    [search(', withoutAccountName: x'), /^search.withoutAccountName: must hold \{name\}/],
    [search('', 'homeserver: example.org, withoutAccountName: x'), /ldap.withoutAccountName: must hold \{name\}/],
    [
      search('').replace('"http://127.0.0.1:8008"', '["http://a:8008", "http://b:8008"]'),
      /must be one URL: an instance/,
    ],
    [search(', maxHits: 0'), /^search.maxHits: must be a whole number from 1 to 100/],
  ])('is refused with the reason for %s', (yaml, problem) => {
    expect(problems(yaml)).toEqual([expect.stringMatching(problem)]);
  });
});
