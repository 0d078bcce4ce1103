import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importMa1sdConf } from '../../../../src/app/commands/import-conf.js';
import {
  ma1sdIdentityOf,
  parseMa1sdConf,
  translateMa1sdConf,
} from '../../../../src/app/commands/importing/ma1sd-config.js';
import { readMa1sdKeys } from '../../../../src/app/commands/importing/ma1sd-keys.js';
import { MA1SD_PLACES } from '../../../../src/app/commands/importing/ma1sd-places.js';
import { plainStyle } from '../../../../src/app/commands/terminal-style.js';
import { loadConfig } from '../../../../src/app/config/config.js';
import { type Entry, optionCatalog } from '../../../../src/app/config/docs/option-catalog.js';
import { parseKeys } from '../../../../src/adapters/signing/key-file.js';
import { pathOf } from '../../../support/config/generated.js';
import { makeMa1sdKeys, movingFile } from '../../../support/moving/databases.js';

const translate = (text: string) => translateMa1sdConf(parseMa1sdConf(text), 'data');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'islet-ma1sd-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('ma1sd.yaml', () => {
  const run = async (conf: string) => {
    const printed: string[] = [];
    const tools = { print: (text: string) => void printed.push(text), style: plainStyle, cwd: folder };
    const code = await importMa1sdConf(conf, { output: 'islet.yaml' }, tools);
    return { code, text: printed.join('\n') };
  };

  it('becomes a configuration that loads, with its secrets in files of their own', async () => {
    const { code, text } = await run(movingFile('ma1sd.yaml'));
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringContaining('people.json holds addresses') });
    const { config } = loadConfig({ file: join(folder, 'islet.yaml'), env: {} });
    expect(config.server).toMatchObject({ name: 'id.example.org', publicUrl: 'https://id.example.org' });
    expect(config.sources.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'ldap directory',
      'file people',
      'rest rest',
      'sql sql',
      'bindings bindings',
      'upstream partner',
    ]);
    expect(readFileSync(join(folder, 'directory-password'), 'utf8')).toBe('Secret\n');
    expect(readFileSync(join(folder, 'twilio-authorization'), 'utf8')).toBe(
      `Basic ${Buffer.from('AC0123:twiliosecret').toString('base64')}\n`,
    );
    expect(statSync(join(folder, 'sql-password')).mode & 0o777).toBe(0o600);
    const written = readFileSync(join(folder, 'islet.yaml'), 'utf8');
    for (const secret of ['Secret', 'hush', 'ThePassword', 'twiliosecret', 'neverCompared'])
      expect(written).not.toContain(secret);
    expect(written).toContain('colour: unknown to ma1sd');
    expect(written).toContain('appsvc.enabled: has no place here');
    expect(await run(movingFile('ma1sd.yaml'))).toMatchObject({
      code: 1,
      text: expect.stringContaining('is left as it is'),
    });
  });

  it('may contain SQL for one address at a time, which is rewritten, or for a list', () => {
    const sqlOf = (lines: string) => {
      const { given, notes } = translate(
        `matrix: { domain: example.org }\nsql:\n  enabled: true\n  connection: /people.db\n${lines}`,
      );
      const sources = (given['sources'] ?? []) as readonly { sql?: { find: string; list?: string } }[];
      return { sql: sources[0]?.sql, notes: notes.join('\n') };
    };
    expect(sqlOf("  identity: { query: 'select mxid AS uid from t where medium=? and lower(mail) = ?;' }").sql).toEqual(
      {
        name: 'sql',
        file: '/people.db',
        find: 'select lower(mail) as address, mxid as mxid from t where medium=:medium and lower(lower(mail)) in (:addresses)',
      },
    );
    expect(
      sqlOf(
        "  type: mysql\n  connection: '//db/p'\n  identity: { type: uid, query: 'select u as uid from t where medium = ? and a = ?' }",
      ).sql,
    ).toMatchObject({ url: 'mysql://db/p', find: expect.stringContaining("concat('@', u, ':example.org') as mxid") });
    expect(sqlOf("  lookup: { query: 'select mxid, medium, address from t' }").sql).toMatchObject({
      list: 'select mxid, medium, address from t',
      find: expect.stringContaining('from (select mxid, medium, address from t) as people'),
    });
    expect(sqlOf("  identity: { query: 'call find(?, ?)' }")).toMatchObject({
      sql: undefined,
      notes: expect.stringContaining('could not be rewritten'),
    });
  });

  it('may contain several directories, and its own queries for addresses', () => {
    const { given } = translate(`
matrix: { domain: example.org }
ldap:
  enabled: true
  activeDirectory: true
  defaultDomain: example.org
  connection: { host: dc, baseDn: 'dc=example,dc=org' }
  identity: { medium: { email: '(|(mail=%3pid)(proxyAddresses=smtp:%3pid))' } }`);
    expect(given['sources']).toMatchObject([
      {
        ldap: {
          urls: ['ldap://dc'],
          preset: 'activeDirectory',
          bases: ['dc=example,dc=org'],
          attributes: { user: 'userPrincipalName', email: ['mail', 'proxyAddresses'] },
          localpart: '{userPrincipalName|default-domain:example.org}',
        },
      },
      'bindings',
    ]);
  });

  it('names its database and keys, in a file or in PostgreSQL', () => {
    expect(ma1sdIdentityOf(parseMa1sdConf('matrix: { domain: example.org }\nkey: { path: /k }'))).toEqual({
      serverName: 'example.org',
      keys: '/k',
      database: undefined,
      password: undefined,
    });
    const postgres = "{ database: '//db:5433/ma1sd', username: ma1sd, password: '0123' }";
    expect(
      ma1sdIdentityOf(parseMa1sdConf(`storage: { backend: postgresql, provider: { postgresql: ${postgres} } }`)),
    ).toMatchObject({ database: 'postgres://ma1sd@db:5433/ma1sd', password: '0123' });
  });

  it('is refused in one sentence if it is not YAML, and read if its values have unusual types', () => {
    for (const text of [
      'a: [',
      '- list',
      'text',
      `a: &a [${'x,'.repeat(9)}]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]`,
    ])
      expect(() => parseMa1sdConf(text)).toThrow(/^the configuration of ma1sd cannot be read: .+$/);
    expect(translate('').notes.length).toBeGreaterThan(0);
    const odd = `\uFEFFserver: [a]\nldap: true\nsql: { enabled: yes }\nkey:\nmatrix: { domain: { a: b } }\nrest: { enabled: 'true' }
dns: { overwrite: { homeserver: { federation: [1, null, { name: x }] } } }\npolicy: { policies: [a] }\nforward: { servers: { a: b } }
__proto__: { polluted: true }\nmemory: { enabled: true, identities: [{ username: a, threepids: b }, 5] }`;
    expect(() => translate(odd)).not.toThrow();
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('the key store of ma1sd', () => {
  it('contains its signing keys, the current one first, and the public ephemeral keys', async () => {
    await makeMa1sdKeys(folder);
    const { keyFile, ephemeralKeys, notes } = await readMa1sdKeys(folder);
    expect(parseKeys(keyFile).map(({ keyId }) => keyId)).toEqual(['ed25519:AAAAEPvQ-xEa', 'ed25519:AAAAEOldKeyX']);
    expect(ephemeralKeys).toHaveLength(1);
    expect(ephemeralKeys[0]).toMatch(/^[A-Za-z0-9+/]{43}$/);
    expect(notes).toHaveLength(2);
  });

  it('may be one file, as in mxisd before 1.3, or lack the name of the current key', async () => {
    const seed = Buffer.alloc(32, 9).toString('base64');
    writeFileSync(join(folder, 'sign.key'), `\n${seed}\n`);
    expect(parseKeys((await readMa1sdKeys(join(folder, 'sign.key'))).keyFile)[0].keyId).toBe('ed25519:0');
    mkdirSync(join(folder, 'keys/regular/ed25519'), { recursive: true });
    writeFileSync(
      join(folder, 'keys/regular/ed25519/AAAA'),
      JSON.stringify({ version: '0', isValid: true, key: seed }),
    );
    const { keyFile, notes } = await readMa1sdKeys(join(folder, 'keys'));
    expect(keyFile).toBe(`ed25519 AAAA ${seed.replace(/=+$/, '')}\n`);
    expect(notes).toEqual([expect.stringContaining('the first one of the store signs')]);
  });

  it('is refused if it contains no signing key', async () => {
    await expect(readMa1sdKeys(folder)).rejects.toThrow('holds no signing key');
    await expect(readMa1sdKeys(join(folder, 'none'))).rejects.toThrow('does not exist');
    writeFileSync(join(folder, 'file'), 'x'.repeat(100));
    await expect(readMa1sdKeys(join(folder, 'file'))).rejects.toThrow('holds no key of mxisd');
  });
});

describe('docs/setup/from-ma1sd.md', () => {
  const page = readFileSync(pathOf('docs/setup/from-ma1sd.md'), 'utf8');
  const rows = Array.from(page.matchAll(/^\| `(.+?)` \| (.+?) \|(.*)\|$/gm), ([, old = '', place = '', note = '']) => [
    old,
    place.replaceAll('`', ''),
    note.trim(),
  ]);

  it('lists every option, as the command reports it', () => {
    const environment = rows.filter(([old]) => /^M[A-Z1_]+$/.test(old ?? ''));
    expect(rows.filter((row) => !environment.includes(row))).toEqual(
      Object.entries(MA1SD_PLACES).map(([path, { place, instead = '' }]) => [path, place, instead]),
    );
  });

  it('names only options that exist, or says what to do instead', () => {
    const keysOf = (entries: readonly Entry[], at = ''): readonly string[] =>
      entries.flatMap(({ key, env, children, choices }) => [
        at + key,
        ...(env === undefined ? [] : [env]),
        ...keysOf(children, `${at}${key}.`),
        ...choices.flatMap((choice) => keysOf(choice.children)),
      ]);
    const known = keysOf(optionCatalog());
    expect(rows.filter(([, place = '', note]) => (place === 'none' ? note === '' : !known.includes(place)))).toEqual(
      [],
    );
  });
});
