import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Package {
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
  packages: Readonly<Record<string, Package>>;
};
const installed = Object.entries(packages).flatMap(([path, entry]) =>
  path === '' ? [] : { ...entry, path, name: path.replace(/^.*node_modules\//, '') },
);
const shipped = installed.filter(({ dev, devOptional }) => !dev && !devOptional);

/** These licences allow use, changes and distribution with a program under Apache-2.0, and require only attribution. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MIT-0'];

/** Packages that state their licence only in a text, and where. */
const IN_WORDS: Readonly<Record<string, RegExp>> = { precond: /MIT/ };

describe('the packages of an installed server', () => {
  it('are all installed', () => {
    expect(shipped.length).toBeGreaterThan(100);
  });

  it('have licences that are compatible with that of Islet', () => {
    const others = shipped.filter(({ license = '' }) => {
      const choices = license.replace(/[()]/g, '').split(' OR ');
      return !choices.some((choice) => PERMISSIVE.includes(choice));
    });
    expect(others.map(({ name }) => name)).toEqual(Object.keys(IN_WORDS));
    for (const { name, path } of others) {
      expect(readFileSync(`${root}${path}/README.md`, 'utf8')).toMatch(IN_WORDS[name] ?? /^$/);
    }
  });

  it('run no script when they are installed, except the database driver that is built or fetched then', () => {
    const withScript = (among: readonly (typeof installed)[number][]) =>
      among.flatMap(({ name, hasInstallScript }) => (hasInstallScript ? name : []));
    expect(withScript(shipped)).toEqual(['sqlite3']);
    const { allowScripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
      allowScripts: Readonly<Record<string, boolean>>;
    };
    const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name]);
    expect(allowed).toEqual(['sqlite3']);
    expect(withScript(installed).filter((name) => allowScripts[name] === undefined)).toEqual([]);
  });

  it('match the lock file', () => {
    expect(installed.filter(({ integrity = '' }) => !integrity.startsWith('sha512-')).map(({ name }) => name)).toEqual(
      [],
    );
  });
});
