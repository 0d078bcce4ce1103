import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Exceptions, folderCycles, MOST_LINES, violations } from './support/layering-rules.js';
import { type Module, modulesIn, parseModule } from './support/modules.js';

const exceptions: Exceptions = {
  libraries: {
    'app/wiring/open-app.ts knex': 'opens the database and closes it',
  },
  long: {},
};

/** Ports whose adapters are not tested by a contract, and why. */
const withoutContract: Readonly<Record<string, string>> = {
  clock: 'its only adapter is one line',
  telemetry: 'its only adapter is tested as what it is, a log: test/adapters/system/system.test.ts',
  directory: 'each one is tested on the kind of server that it lists',
};

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const modules = modulesIn(fileOf('../src'));

describe('the source tree', () => {
  it('is complete', () => {
    expect(modules.length).toBeGreaterThan(100);
    for (const path of [
      'domain/lookup/lookup-service.ts',
      'ports/signer.ts',
      'adapters/knex/stores.ts',
      'app/wiring/container.ts',
    ]) {
      expect(modules.map((module) => module.path)).toContain(path);
    }
  });

  it('keeps its layers separate', () => {
    expect(violations(modules, exceptions)).toEqual([]);
  });

  it.each([
    ['domain', 18],
    ['app', 9],
  ])('has src/%s in about %i folders without import cycles', (folder, count) => {
    const folders = new Set(modules.flatMap(({ path }) => (path.startsWith(`${folder}/`) ? path.split('/')[1] : [])));
    expect(folderCycles(modules, folder)).toEqual([]);
    expect(folders.size).toBeLessThanOrEqual(count + 2);
  });

  it('tests each port that has an adapter with a contract', () => {
    const contracts = filesIn('./contracts').flatMap((name) => /^(.*)\.contract\.ts$/.exec(name)?.[1] ?? []);
    const missing = portsWithAdapters(modules).filter((port) => !contracts.includes(port));
    expect(missing, 'write test/contracts/<port>.contract.ts and run it against each adapter').toEqual(
      Object.keys(withoutContract).sort(),
    );
  });

  it('runs every contract', () => {
    const tests = ['./contracts', './adapters', './app', './domain', './support'].flatMap((folder) =>
      filesIn(folder).map((name) => readFileSync(fileOf(`${folder}/${name}`), 'utf8')),
    );
    const idle = filesIn('./contracts').filter(
      (name) => name.endsWith('.contract.ts') && !tests.some((text) => text.includes(`/${name.replace(/ts$/, 'js')}'`)),
    );
    expect(idle, 'import these contracts in the tests of their adapters').toEqual([]);
  });
});

const filesIn = (folder: string) =>
  readdirSync(fileOf(folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

function portsWithAdapters(all: readonly Module[]): readonly string[] {
  const ports = all.flatMap(({ path, imports, implemented }) =>
    path.startsWith('adapters/')
      ? imports.flatMap(({ from, names }) =>
          from.startsWith('ports/') && names.some((name) => implemented.includes(name)) ? from.slice(6, -3) : [],
        )
      : [],
  );
  return [...new Set(ports)].sort();
}

describe('the layering rules', () => {
  const clean = {
    'domain/threepid.ts': `import { hash } from 'node:crypto'; export interface Threepid {}`,
    'domain/lookup-service.ts': `import type { Clock } from '../ports/clock.js'; import { a } from './threepid.js'; export class LookupService {}`,
    'ports/clock.ts': `import type { Threepid } from '../domain/threepid.js'; export abstract class Clock {}`,
    'adapters/ldap/source.ts': `import ldap from 'ldapjs'; import { b } from './pool.js'; import type { Clock } from '../../ports/clock.js'; import { a } from '../../domain/threepid.js';`,
    'adapters/ldap/pool.ts': `const now = Date.now(); setTimeout(() => now, 5);`,
    'adapters/ldap/module.ts': `import { ContainerModule } from 'inversify';`,
    'adapters/knex/database.ts': `import knex from 'knex';`,
    'app/wiring/container.ts': `import 'reflect-metadata/lite'; import { Container } from 'inversify'; import { LookupService } from '../../domain/lookup-service.js'; import '../../adapters/ldap/module.js';`,
    'app/main.ts': `export const { HOME } = process.env;`,
  };

  /** The violations if one file is replaced by another one. */
  const problemsWith = (path: string, text: string, excepted: Partial<Exceptions> = {}) =>
    violations(
      Object.entries({ ...clean, [path]: text }).map(([at, content]) => parseModule(at, content)),
      { libraries: {}, long: {}, ...excepted },
    );

  it('accept clean layers', () => {
    expect(problemsWith('app/more.ts', `import { c } from './wiring/container.js'; process.on('SIGTERM', c);`)).toEqual(
      [],
    );
  });

  it.each([
    [
      'a record that imports a service',
      'domain/threepid.ts',
      `import type { LookupService } from './lookup-service.js';`,
      /record may import records only/,
    ],
    [
      'a record that loads a service',
      'domain/threepid.ts',
      `export const f = () => import('./lookup-service.js');`,
      /record may import records only/,
    ],
    [
      'a record that exports a service on',
      'domain/threepid.ts',
      `export * from './lookup-service.js';`,
      /record may import records only/,
    ],
    [
      'a record that names a service in a type',
      'domain/threepid.ts',
      `export type L = import('./lookup-service.js').LookupService;`,
      /record may import records only/,
    ],
    [
      'a domain that imports an adapter',
      'domain/lookup-service.ts',
      `import { x } from '../adapters/ldap/pool.js';`,
      /uses adapters only through a port/,
    ],
    [
      'a domain that imports the app',
      'domain/lookup-service.ts',
      `import type { x } from '../app/main.js';`,
      /uses adapters only through a port/,
    ],
    [
      'a service that imports a port as a value',
      'domain/lookup-service.ts',
      `import { Clock } from '../ports/clock.js';`,
      /write "import type"/,
    ],
    [
      'a service that imports a port inline',
      'domain/lookup-service.ts',
      `import { type Clock } from '../ports/clock.js';`,
      /write "import type"/,
    ],
    ['a domain with a library', 'domain/lookup-service.ts', `import { z } from 'zod';`, /plain TypeScript/],
    [
      'a domain with randomness',
      'domain/threepid.ts',
      `import { hash, randomBytes } from 'node:crypto';`,
      /randomBytes of node:crypto/,
    ],
    [
      'a domain with renamed randomness',
      'domain/threepid.ts',
      `import { randomBytes as hash } from 'node:crypto';`,
      /randomBytes of node:crypto/,
    ],
    [
      'a domain with all of crypto',
      'domain/threepid.ts',
      `import * as crypto from 'node:crypto';`,
      /imports \* of node:crypto/,
    ],
    ['a domain with files', 'domain/threepid.ts', `import 'node:fs';`, /plain TypeScript/],
    [
      'the library for phone numbers in another file',
      'domain/threepid.ts',
      `import { parse } from 'libphonenumber-js/max';`,
      /plain TypeScript/,
    ],
    [
      'the library for IP addresses in another file',
      'domain/threepid.ts',
      `import { isIP } from 'node:net';`,
      /plain TypeScript/,
    ],
    [
      'a domain that reads the clock',
      'domain/lookup-service.ts',
      `export const now = () => Date.now();`,
      /uses Date\.now/,
    ],
    ['a domain that makes a date', 'domain/lookup-service.ts', `export const now = () => new Date();`, /uses Date:/],
    [
      'a domain that hides its clock',
      'domain/lookup-service.ts',
      `export class A { constructor(private readonly d = Date) {} }`,
      /uses Date:/,
    ],
    ['a domain with Math.random', 'domain/lookup-service.ts', `export const r = Math.random();`, /uses Math\.random/],
    ['a domain with a timeout', 'domain/lookup-service.ts', `setTimeout(() => undefined, 1);`, /uses setTimeout/],
    ['a domain with an interval', 'domain/lookup-service.ts', `setInterval(() => undefined, 1);`, /uses setInterval/],
    [
      'a domain that reads the environment',
      'domain/lookup-service.ts',
      `export const e = process.env['X'];`,
      /uses process\.env/,
    ],
    [
      'a domain with global crypto',
      'domain/lookup-service.ts',
      `export const u = crypto.randomUUID();`,
      /uses crypto\.randomUUID/,
    ],
    [
      'files of the domain that import each other',
      'domain/threepid.ts',
      `import type { LookupService } from './lookup-service.js';`,
      /threepid\.ts, src\/domain\/lookup-service\.ts import each other in a cycle/,
    ],
    [
      'a port that imports the domain as a value',
      'ports/clock.ts',
      `import { a } from '../domain/threepid.js';`,
      /write "import type"/,
    ],
    [
      'a port that imports a service',
      'ports/clock.ts',
      `import type { L } from '../domain/lookup-service.js';`,
      /may name anything of the domain but services/,
    ],
    ['a port with a library', 'ports/clock.ts', `import type { Knex } from 'axios';`, /a port may name only records/],
    [
      'an adapter that imports a service',
      'adapters/ldap/pool.ts',
      `import type { L } from '../../domain/lookup-service.js';`,
      /adapters know ports and records/,
    ],
    [
      'an adapter that imports another family',
      'adapters/ldap/pool.ts',
      `import type { D } from '../knex/database.js';`,
      /another family/,
    ],
    [
      'a shared file that imports an adapter family',
      'adapters/tls/postgres.ts',
      `import type { D } from '../knex/database.js';`,
      /another family/,
    ],
    [
      'an adapter that imports the app',
      'adapters/ldap/pool.ts',
      `import type { C } from '../../app/wiring/container.js';`,
      /may not import the app/,
    ],
    ['inversify in an adapter', 'adapters/ldap/pool.ts', `import { injectable } from 'inversify';`, /names inversify/],
    ['inversify in the app', 'app/main.ts', `import type { Container } from 'inversify';`, /names inversify/],
    ['reflect-metadata in the app', 'app/main.ts', `import 'reflect-metadata';`, /names reflect-metadata/],
    ['knex in another family', 'adapters/ldap/pool.ts', `import type { Knex } from 'knex';`, /names knex/],
    [
      'the environment in an adapter',
      'adapters/ldap/pool.ts',
      `export const home = process.env.HOME;`,
      /reads process\.env/,
    ],
    [
      'the environment by its key',
      'adapters/ldap/pool.ts',
      `export const home = process['env'].HOME;`,
      /reads process\.env/,
    ],
    [
      'the environment in the app',
      'app/wiring/container.ts',
      `import { env } from 'node:process';`,
      /reads process\.env/,
    ],
    ['a long file', 'app/main.ts', 'export {};\n'.repeat(MOST_LINES + 1), /has 251 lines/],
  ])('report %s', (_case, path, text, problem) => {
    const found = problemsWith(path, text);
    expect(found.join('\n')).toMatch(problem);
    expect(found.join('\n')).toContain(path);
  });

  it('do not mistake words in comments, texts, types and members for uses', () => {
    const text = `// Date.now()
      export interface A { Date: string; process(date: Date): void }
      export const a = (x: { process: string; Date: Date }) => [x.process, 'setTimeout', { Date: 1 }];`;
    expect(problemsWith('domain/lookup-service.ts', text)).toEqual([]);
  });

  it('allow an exception to import a library only as a type', () => {
    const libraries = { 'app/main.ts knex': 'closes it' };
    expect(problemsWith('app/main.ts', `import type { Knex } from 'knex';`, { libraries })).toEqual([]);
    expect(problemsWith('app/main.ts', `import { knex } from 'knex';`, { libraries })).toHaveLength(1);
  });

  it('allow an exception to be long', () => {
    const long = { 'app/main.ts': 'a table' };
    expect(problemsWith('app/main.ts', 'export {};\n'.repeat(300), { long })).toEqual([]);
  });

  it('report exceptions that are not used', () => {
    const excepted = { libraries: { 'app/main.ts knex': 'closes it' }, long: { 'app/gone.ts': 'a table' } };
    expect(problemsWith('app/main.ts', 'export {};', excepted)).toEqual([
      expect.stringContaining('"app/gone.ts" is no longer needed'),
      expect.stringContaining('"app/main.ts knex" is no longer needed'),
    ]);
  });
});
