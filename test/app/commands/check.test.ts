import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkCommand } from '../../../src/app/commands/check.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';

let folder: string;
let printed: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'islet-check-'));
  printed = [];
});

afterEach(() => rmSync(folder, { recursive: true }));

const print = (text: string): void => void printed.push(text);
const file = (): string => join(folder, 'islet.yaml');

describe('islet check', () => {
  const check = (content: string, isJson = false) => {
    writeFileSync(file(), content, { mode: 0o640 });
    return checkCommand({ file: file(), env: {} }, { isJson, style: plainStyle, print });
  };

  it('says that the configuration is valid, and summarises it without its secrets', () => {
    const code = check(`
server: { name: id.example.org, publicUrl: "https://id.example.org" }
listen: { trustedProxies: [127.0.0.1] }
database: { url: "postgres://islet:hidden@db.example.org/islet" }
sources:
  - upstream: { name: partner, url: "https://id.partner.example", accessToken: hidden, hashed: true }
  - upstream: { name: other, url: "https://id.other.example" }
  - ldap: { name: staff, urls: "ldaps://h", bases: "dc=x", preset: openldap, homeserver: a.example }
mail: { smtpUrl: "smtps://u:hidden@mail.example.org" }
`);
    expect(code).toBe(0);
    expect(printed.join('\n')).toBe(
      [
        `${file()}: configuration is fine`,
        '  server     id.example.org, reached at https://id.example.org',
        '  listens    127.0.0.1:8090, for administrators 127.0.0.1:8091',
        '  database   PostgreSQL at db.example.org',
        '  mail       mail.example.org:465, TLS implicit',
        '  texts      not sent',
        '  source 1   partner: identity server https://id.partner.example, its pepper is used',
        '  source 2   other: identity server https://id.other.example; answers plain lookups only, not hashed ones',
        '  source 3   staff: directory ldaps://h, mirrored every 5 min',
        '  source 4   bindings of this server',
      ].join('\n'),
    );
  });

  it('warns about values that are allowed but probably a mistake', () => {
    expect(check('admin: { host: 0.0.0.0 }')).toBe(0);
    expect(printed[0]).toMatch(/^warning: server\.name is not set.*\nwarning: admin\.host is 0\.0\.0\.0/);
  });

  it('prints one problem per line and fails', () => {
    expect(check('listen: { prot: 1 }\nlog: { level: loud }')).toBe(1);
    expect(printed).toEqual([
      'listen.prot: unknown key (line 1; did you mean "port"?)\nlog.level: must be one of error, warn, info, debug (line 2)',
    ]);
  });

  it('prints the same as JSON', () => {
    expect(check('listen: { prot: 1 }', true)).toBe(1);
    expect(check('server: { name: id.example.org }', true)).toBe(0);
    const [bad, good] = printed.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(bad).toEqual({
      isFine: false,
      problems: [{ key: 'listen.prot', reason: 'unknown key', suggestion: 'did you mean "port"?', place: 'line 1' }],
    });
    expect(good).toMatchObject({ isFine: true, warnings: [], file: file(), sources: ['bindings of this server'] });
  });
});
