import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigPlace, loadConfig } from '../../../src/app/config/config.js';
import { formats } from '../../../src/app/config/schema/formats.js';
import { schema } from '../../../src/app/config/schema/schema.js';
import { optionsOf } from '../../../src/app/config/schema/schema-tree.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'islet-config-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const write = (text: string | Buffer, name = 'islet.yaml'): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const load = (text: string, env: ConfigPlace['env'] = {}) =>
  loadConfig({ file: write(text), env, cwd: '/somewhere/else' }).config;

describe('the configuration without a file', () => {
  it('is usable, keeps its data below the current folder, and requires a name', () => {
    const { config, warnings } = loadConfig({ env: {}, cwd: folder });
    expect(config.file).toBeUndefined();
    expect(config.server).toEqual({ name: 'localhost', otherNames: [], publicUrl: 'http://127.0.0.1:8090' });
    expect(config.dataDir).toBe(join(folder, 'data'));
    expect(config.database).toEqual({ kind: 'sqlite', file: join(folder, 'data/islet.db') });
    expect(config.signing.keyFile).toBe(join(folder, 'data/signing.key'));
    expect(config.sources).toEqual([{ kind: 'bindings', name: 'bindings' }]);
    expect(config).not.toHaveProperty('mail');
    expect(config).not.toHaveProperty('sms');
    expect(warnings).toEqual([expect.stringMatching(/^server\.name is not set/)]);
  });

  it.each(optionsOf(schema).map(({ path, option }) => [path.join('.'), option] as const))(
    'has a default for %s that is a valid value',
    (_key, { default: usual, format }) => {
      expect(usual === null || formats[format].safeParse(usual).success).toBe(true);
    },
  );
});

describe('a directory whose configuration is probably a mistake', () => {
  it.each([
    ['homeserver: Example.org', [expect.stringContaining('the homeserver Example.org has capital letters')]],
    ['homeserver: example.org, attributes: { msisdn: [pager] }', [expect.stringContaining('without phoneRegion')]],
    ['homeserver: example.org', []],
  ])('causes a warning: %s', (more, expected) => {
    const file = write(
      `server: { name: a.example }\nsources: [{ ldap: { name: staff, urls: "ldaps://h", bases: "dc=x", preset: openldap, ${more} } }]`,
    );
    const { warnings } = loadConfig({ file, env: {} });
    expect(warnings).toEqual(expected);
  });
});

describe('the path of the configuration file', () => {
  it('is that of the caller, before ISLET_CONFIG, before islet.yaml in the current folder', () => {
    const described = write('server: { name: said.example }', 'said.yaml');
    const inEnv = write('server: { name: env.example }', 'env.yaml');
    write('server: { name: here.example }');
    const nameWith = (place: Omit<ConfigPlace, 'cwd'>) => loadConfig({ ...place, cwd: folder }).config.server.name;
    expect(nameWith({ file: described, env: { ISLET_CONFIG: inEnv } })).toBe('said.example');
    expect(nameWith({ env: { ISLET_CONFIG: 'env.yaml' } })).toBe('env.example');
    expect(nameWith({ env: {} })).toBe('here.example');
  });
});

describe('the content of the configuration file', () => {
  it('is read with durations in ms and limits as numbers', () => {
    const config = load(
      'lookup: { pepperLifetime: 2d }\nlisten: { idleTimeout: 90s }\nlimits: { sms: { perUser: 7/10m } }',
    );
    expect(config.lookup.pepperLifetimeMs).toBe(172_800_000);
    expect(config.listen.idleTimeoutMs).toBe(90_000);
    expect(config.limits.sms).toMatchObject({ perUser: { amount: 7, windowMs: 600_000 }, perNumber: { amount: 3 } });
  });

  it('may leave a section or an option empty', () => {
    const config = load(
      'listen:\nlimits:\n  mail:\nlog:\n  level:\nsources:\n  - bindings\nsms:\n  gateways:\n    - console:\n',
    );
    expect(config.listen.port).toBe(8090);
    expect(config.log.level).toBe('info');
    expect(config.sms?.gateways).toEqual([{ kind: 'console' }]);
  });

  it('may be empty, or begin with a byte order mark', () => {
    expect(load('').listen.port).toBe(8090);
    expect(load('\uFEFFserver: { name: a.example }').server.name).toBe('a.example');
  });

  it('cannot be changed afterwards', () => {
    const config = load('listen: { trustedProxies: [10.0.0.1] }') as unknown as {
      listen: { trustedProxies: string[] };
    };
    expect(() => config.listen.trustedProxies.push('0.0.0.0/0')).toThrow(TypeError);
  });

  it.each([
    ['limits: false', {}],
    ['limits: { mail: false }', { mail: {}, invites: { perAddress: { amount: 5 } } }],
    ['limits: { mail: { perUser: false } }', { mail: { perAddress: { amount: 5 } } }],
  ])('may turn limits off as a whole, by group, or one by one: %s', (yaml, expected) => {
    const { limits } = load(yaml);
    expect(limits).toMatchObject(expected);
    expect(limits.mail).not.toHaveProperty('perUser');
  });

  it('may give servers limits of their own, and leaves the others out', () => {
    const { limits } = load(
      'limits: { servers: { "@islet:partner.example": { lookup: 9/1h, mail: false }, 10.0.0.5: { sms: 8/1m } } }',
    );
    expect(limits.servers).toEqual({
      '@islet:partner.example': { lookup: { amount: 9, windowMs: 3_600_000 }, mail: false },
      '10.0.0.5': { sms: { amount: 8, windowMs: 60_000 } },
    });
  });

  it('has paths relative to its folder, while those of the environment are relative to the current folder', () => {
    const config = load('dataDir: data\nlog: { file: "file:islet.log" }\npidFile: /run/islet.pid', {
      ISLET_TEMPLATES_DIRECTORY: 'templates',
    });
    expect(config.dataDir).toBe(join(folder, 'data'));
    expect(config.log.file).toBe(join(folder, 'islet.log'));
    expect(config.pidFile).toBe('/run/islet.pid');
    expect(config.templates.directory).toBe('/somewhere/else/templates');
  });

  it('derives the public URL from the listening address', () => {
    expect(load('listen: { host: "::", port: 80 }').server.publicUrl).toBe('http://localhost:80');
    expect(load('listen: { host: "fd00::1" }').server.publicUrl).toBe('http://[fd00::1]:8090');
  });

  it('has ranges for the words loopback and private, and for single addresses', () => {
    const config = load('v1: { allowFrom: [loopback, 192.0.2.7] }\nlisten: { trustedProxies: ["::1", 10.0.0.0/8] }');
    expect(config.v1.allowFrom).toEqual(['127.0.0.0/8', '::1/128', '192.0.2.7/32']);
    expect(config.listen.trustedProxies).toEqual(['::1/128', '10.0.0.0/8']);
    expect(load('v1: { allowFrom: [] }').v1.allowFrom).toEqual([]);
  });
});

describe('the environment', () => {
  it('has precedence over the file, for every single value', () => {
    const config = load('listen: { port: 1 }\nvalidation: { confirmPage: true }', {
      ISLET_LISTEN_PORT: '8888',
      ISLET_VALIDATION_CONFIRM_PAGE: 'false',
      ISLET_LISTEN_TRUSTED_PROXIES: '10.0.0.1, 10.1.0.0/16',
      ISLET_LIMITS_MAIL_PER_USER: '1/1d',
      ISLET_LIMITS_WRONG_CODES_PER_SESSION: 'false',
      ISLET_PID_FILE: '/run/x.pid',
    });
    expect(config.listen.port).toBe(8888);
    expect(config.validation.confirmPage).toBe(false);
    expect(config.listen.trustedProxies).toEqual(['10.0.0.1/32', '10.1.0.0/16']);
    expect(config.limits.mail.perUser).toEqual({ amount: 1, windowMs: 86_400_000 });
    expect(config.limits.wrongCodes).toEqual({});
    expect(config.pidFile).toBe('/run/x.pid');
  });

  it('causes a warning if it has the prefix of Islet but is unknown', () => {
    const env = { ISLET_LISTEN_PROT: '1' };
    const { warnings } = loadConfig({ file: write('server: { name: a.example }'), env });
    expect(warnings).toEqual(['environment variable ISLET_LISTEN_PROT is unknown (did you mean "ISLET_LISTEN_PORT"?)']);
  });

  it('is ignored if Kubernetes sets it for a service of a similar name', () => {
    const serviceLinks = (service: string, host: string) => ({
      [`${service}_SERVICE_HOST`]: host,
      [`${service}_SERVICE_PORT`]: '8091',
      [`${service}_SERVICE_PORT_METRICS`]: '8091',
      [`${service}_PORT`]: `tcp://${host}:8091`,
      [`${service}_PORT_8091_TCP`]: `tcp://${host}:8091`,
      [`${service}_PORT_8091_TCP_PROTO`]: 'tcp',
      [`${service}_PORT_8091_TCP_PORT`]: '8091',
      [`${service}_PORT_8091_TCP_ADDR`]: host,
    });
    const env = {
      ...serviceLinks('ISLET', '10.0.0.1'),
      ...serviceLinks('ISLET_ADMIN', '10.0.0.2'),
      ...serviceLinks('ISLET_MAIL', '10.0.0.3'),
      ...serviceLinks('ISLET_LISTEN', '[fd00::4]'),
    };
    const { config, warnings } = loadConfig({ file: write('admin: { port: 9000 }\nserver: { name: a.example }'), env });
    expect([config.admin.port, config.mail, warnings]).toEqual([9000, undefined, []]);
  });

  it('is an error if it only looks like a service link', () => {
    const env = { ISLET_ADMIN_PORT: 'tcp://10.0.0.2:8091', ISLET_ADMIN_SERVICE_HOST: '10.0.0.2' };
    expect(() => load('', env)).toThrow(/admin\.port: .*ISLET_ADMIN_PORT/);
    const other = { ISLET_ADMIN_PORT: '9001', ISLET_MAIL_PORT: 'tcp://10.0.0.3:25', ISLET_MAIL_PORT_26_TCP: '' };
    expect(() => load('', other)).toThrow(/mail\.port: .*ISLET_MAIL_PORT/);
  });

  it('causes a warning if it would turn off certificate checks, which stay on', () => {
    const warned = (value: string) =>
      loadConfig({ file: write('server: { name: a.example }'), env: { NODE_TLS_REJECT_UNAUTHORIZED: value } }).warnings;
    expect(warned('0')).toEqual([expect.stringMatching(/NODE_TLS_REJECT_UNAUTHORIZED has no effect.*caFile/)]);
    expect(warned('1')).toEqual([]);
  });
});

describe('the sources of a configuration', () => {
  const sources = (yaml: string) => loadFromEtc(yaml).config.sources;

  it('are in their order, and the bindings are last unless they are in the list', () => {
    const [upstream, bindings] = ['upstream: { name: a, url: "https://a.example/" }', 'bindings'];
    expect(sources(`sources: [{ ${upstream} }]`).map(({ name }) => name)).toEqual(['a', 'bindings']);
    expect(sources(`sources: [${bindings}, { ${upstream} }]`).map(({ name }) => name)).toEqual(['bindings', 'a']);
  });

  it('may be an upstream with its limits for forwarding and results', () => {
    const asked = (options: string) =>
      sources(`sources: [{ upstream: { name: a, url: "https://a.example", ${options} } }]`)[0];
    expect(asked('')).toMatchObject({
      forward: { media: ['email', 'msisdn'] },
      cache: { hitsMs: 300_000, negativeTtlMs: 60_000, entries: 50_000 },
    });
    expect(asked('cache: false')).not.toHaveProperty('cache');
    expect(
      asked(`forward: { media: email, domains: [a.example, "*.straße.example"] }, homeservers: hs.example,
        cache: { hits: 1h, misses: 10s, entries: 5 }`),
    ).toMatchObject({
      forward: { media: ['email'], domains: ['a.example', '*.straße.example'] },
      homeservers: ['hs.example'],
      cache: { hitsMs: 3_600_000, negativeTtlMs: 10_000, entries: 5 },
    });
  });

  it('may be a directory with all connection options', () => {
    const [ldap] = sources(`
sources:
  - ldap:
      name: staff
      urls: ldap://Büro.example.org/
      startTls: true
      caFile: /etc/islet/ca.pem
      bindDn: "cn=Jürgen Groß,ou=Büro,dc=example,dc=org"
      bindPasswordFile: /etc/islet/ldap-password
      bases: "ou=Büro,dc=example,dc=org"
      filter: "(&(objectClass=inetOrgPerson)(ou:dn:=Büro))"
      attributes: { user: uid, email: mail }
      homeserver: example.org
      phoneRegion: "NO"
      mirror: { every: 1h }
`);
    expect(ldap).toEqual({
      kind: 'ldap',
      name: 'staff',
      accounts: 'assume',
      urls: ['ldap://xn--bro-hoa.example.org'],
      startTls: true,
      allowClearText: false,
      ca: expect.stringContaining('BEGIN CERTIFICATE'),
      bindDn: 'cn=Jürgen Groß,ou=Büro,dc=example,dc=org',
      bindPassword: {
        value: 'secret',
        from: expect.stringMatching(/^file .*\/ldap-password, without its line ending$/),
        file: expect.stringMatching(/\/ldap-password$/),
      },
      bases: ['ou=Büro,dc=example,dc=org'],
      filter: '(&(objectClass=inetOrgPerson)(ou:dn:=Büro))',
      aliases: 'ignore',
      attributes: { user: 'uid', email: ['mail'] },
      homeserver: 'example.org',
      phoneRegion: 'NO',
      timeLimitMs: 3000,
      connections: 4,
      pageSize: 1000,
      mirror: { everyMs: 3_600_000, changesEveryMs: 60_000, maxShrink: 0.2 },
      isListed: true,
      summary: 'directory ldap://xn--bro-hoa.example.org, mirrored every 60 min',
    });
  });

  it.each([
    ['mirror: false', false],
    ['mirror: true', { everyMs: 300_000, maxShrink: 0.2 }],
    ['mirror: { maxShrink: 0% }', { everyMs: 300_000, maxShrink: 0 }],
    ['mirror:', { everyMs: 300_000, maxShrink: 0.2 }],
  ])('have a mirror as configured: %s', (mirror, expected) => {
    const yaml = `sources:\n  - ldap:\n      { name: a, urls: "ldaps://h", bases: "dc=x", preset: openldap, ${mirror} }`;
    expect(sources(yaml)[0]).toMatchObject({ mirror: expected });
  });
});

describe('a custom source', () => {
  const use = (yaml: string) => loadFromEtc(`sources: [{ ${yaml} }]`).config.sources[0];

  it('has the name of its file, and is queried for all media, unless configured otherwise', () => {
    expect(use('use: /etc/islet/hr.mjs')).toEqual({
      kind: 'use',
      name: 'hr',
      accounts: 'assume',
      file: expect.stringMatching(/^\/.*\/hr\.mjs$/),
      with: {},
      isListed: true,
      summary: expect.stringMatching(/^source of your own \/.*\/hr\.mjs$/),
      timeLimitMs: 3000,
      media: ['email', 'msisdn'],
      owns: true,
      mirror: { everyMs: 300_000, maxShrink: 0.2 },
    });
  });

  it('is found beside the configuration file, and takes options of any kind', () => {
    const options = 'with: { url: "https://hr.example.org", deep: { list: [1, two] } }';
    expect(
      use(`name: people, ${options}, use: ./hr.mjs, media: email, owns: false, mirror: false # /etc/islet/hr.mjs\n`),
    ).toMatchObject({
      name: 'people',
      file: expect.stringMatching(/^\/.*\/hr\.mjs$/),
      with: { url: 'https://hr.example.org', deep: { list: [1, 'two'] } },
      media: ['email'],
      owns: false,
      mirror: false,
    });
  });
});

describe('the mail server', () => {
  const mail = (yaml: string) => loadFromEtc(yaml).config.mail;

  it('is described by one URL', () => {
    expect(mail('mail: { smtpUrl: "smtps://us%40er:p%3Aw@[::1]", from: "Us <us@example.org>" }')).toEqual({
      host: '::1',
      port: 465,
      tls: 'implicit',
      username: 'us@er',
      password: { value: 'p:w', from: expect.stringMatching(/^configuration file .*islet\.yaml$/) },
      from: 'Us <us@example.org>',
      ehloName: hostname(),
      timeLimitMs: 20_000,
    });
  });

  it.each([
    ['{ host: h }', { port: 25, tls: 'opportunistic' }],
    ['{ host: h, tls: required }', { port: 587, tls: 'required' }],
    ['{ host: h, tls: implicit }', { port: 465, tls: 'implicit' }],
    ['{ host: h, tls: none, port: 2525 }', { port: 2525, tls: 'none' }],
    ['{ smtpUrl: "smtp://h:26", tls: required }', { port: 26, tls: 'required' }],
  ])('has the usual port of its encryption: %s', (yaml, expected) => {
    expect(mail(`mail: ${yaml}`)).toMatchObject(expected);
  });

  it('receives mails from the name of this server and a greeting with its public name, unless configured otherwise', () => {
    const server = 'server: { name: "id.example.org:8090", publicUrl: "https://public.example.org" }';
    expect(mail(`${server}\nmail: { host: h }`)).toMatchObject({
      from: 'Islet <noreply@id.example.org>',
      ehloName: 'public.example.org',
    });
    expect(mail(`${server}\nmail: { host: h, ehloName: mx.example.org }`)).toMatchObject({
      ehloName: 'mx.example.org',
    });
  });
});

describe('text messages', () => {
  it('are sent through the configured gateways', () => {
    const { sms } = loadFromEtc(`
sms:
  gateways:
    - http:
        url: https://sms.example.org/send?to={{number}}
        method: GET
        headers: { x-plain: a, authorization: { file: /etc/islet/sms } }
        success: { body: "^OK" }
    - openmarket: { username: u, password: p }
  originators: { 44: "short:12345", default: ["alpha:Us", "long:12125552368"] }
`).config;
    expect(sms).toEqual({
      gateways: [
        {
          kind: 'http',
          method: 'GET',
          url: 'https://sms.example.org/send?to={{number}}',
          headers: { 'x-plain': 'a', authorization: expect.objectContaining({ value: 'secret' }) as unknown },
          success: { body: /^OK/ },
          timeLimitMs: 15_000,
        },
        {
          kind: 'openmarket',
          url: 'https://smsc.openmarket.com/sms/v4/mt',
          username: 'u',
          password: { value: 'p', from: expect.stringMatching(/^configuration file/) },
          timeLimitMs: 15_000,
        },
      ],
      originators: {
        44: [{ kind: 'short', text: '12345' }],
        default: [
          { kind: 'alpha', text: 'Us' },
          { kind: 'long', text: '12125552368' },
        ],
      },
      rules: { default: 'allow' },
    });
  });
});

describe('homeservers', () => {
  it('are found by their names, including dots and ports', () => {
    const { homeservers } = loadFromEtc(`
homeservers:
  example.org:
    url: https://10.0.0.5:8448/
    caFile: /etc/islet/ca.pem
    tlsName: hs.example.org
    clientUrl: https://10.0.0.5/
    accountApi: synapse
    accessToken: secret
  other.example:8448: { url: "http://hs.internal/base/", verifyKeys: { "ed25519:a": "l8Hft5qXKn1vfHrg3p4+W8gELQVo8N13JkluMfmn2sQ=", "ed25519:b": "l8Hft5qXKn1vfHrg3p4-W8gELQVo8N13Jk_uMfmn2sQ" } }
`).config;
    expect(homeservers).toEqual({
      'example.org': {
        url: 'https://10.0.0.5:8448',
        ca: expect.stringContaining('CERTIFICATE'),
        tlsName: 'hs.example.org',
        clientUrl: 'https://10.0.0.5',
        accountApi: 'synapse',
        accessToken: { value: 'secret', from: expect.stringContaining('configuration file') },
      },
      'other.example:8448': {
        url: 'http://hs.internal/base',
        accountApi: 'profile',
        verifyKeys: {
          'ed25519:a': 'l8Hft5qXKn1vfHrg3p4+W8gELQVo8N13JkluMfmn2sQ',
          'ed25519:b': 'l8Hft5qXKn1vfHrg3p4+W8gELQVo8N13Jk/uMfmn2sQ',
        },
      },
    });
  });
});

describe('the database', () => {
  it('is PostgreSQL by URL, and SQLite in a file or in memory', () => {
    const database = (yaml: string) => loadFromEtc(`database: ${yaml}`).config.database;
    const url = 'postgres://islet@db/islet?sslmode=verify-full';
    expect(database(`{ url: "${url}" }`)).toEqual({ kind: 'postgres', url, connections: 10 });
    expect(database('{ file: /var/lib/x.db }')).toEqual({ kind: 'sqlite', file: '/var/lib/x.db' });
    expect(database('{ file: ":memory:" }')).toEqual({ kind: 'sqlite', file: ':memory:' });
  });
});

it('a configuration cannot be read from a folder', () => {
  mkdirSync(join(folder, 'islet.yaml'));
  expect(() => loadConfig({ env: {}, cwd: folder })).toThrow(/is a folder, not a file/);
});

it.each([
  ['"[127.0.0.1]"', '[127.0.0.1]'],
  ['192.0.2.7', '[192.0.2.7]'],
  ['"::1"', '[IPv6:::1]'],
  ['id.example.org', 'id.example.org'],
])('the default EHLO name is %s', (written, name) => {
  expect(loadFromEtc(`mail: { host: mx, ehloName: ${written} }`).config.mail?.ehloName).toBe(name);
});
