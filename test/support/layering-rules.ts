import type { Import, Module } from './modules.js';

/** Exceptions to the layer rules, each with its reason. */
export interface Exceptions {
  /** Files outside the rule that may import types of a library: `<file> <library>`. */
  readonly libraries: Readonly<Record<string, string>>;
  /** Files longer than `MOST_LINES`. */
  readonly long: Readonly<Record<string, string>>;
}

export const MOST_LINES = 250;

/** What the domain may import from outside: names by library, and the only file that may, if there is just one. */
const OUTSIDE_OF_DOMAIN: Readonly<Record<string, { readonly names?: readonly string[]; readonly file?: string }>> = {
  'node:crypto': { names: ['hash', 'createHash', 'timingSafeEqual'] },
  'node:net': { names: ['isIP'], file: 'domain/identifiers/server-name.ts' },
  'node:url': { names: ['domainToASCII'], file: 'domain/identifiers/mailbox.ts' },
  'libphonenumber-js': { file: 'domain/identifiers/phone-number.ts' },
};

/** Where a library of one layer may be imported, as a pattern and in words. */
const ALLOWED_PLACES: Readonly<Record<string, { readonly files: RegExp; readonly name: string }>> = {
  inversify: {
    files: /^(adapters\/[^/]+\/module|app\/wiring\/[^/]+)\.ts$/,
    name: 'the module.ts of an adapter family or app/wiring',
  },
  'reflect-metadata': { files: /^app\/wiring\/container\.ts$/, name: 'app/wiring/container.ts' },
  knex: { files: /^adapters\/(knex|sources)\//, name: 'src/adapters/knex' },
};

const TIME_RANDOMNESS_AND_ENVIRONMENT =
  /^(Date|Math\.random|performance|crypto|process|console|fetch|globalThis|require|setTimeout|setInterval|setImmediate|queueMicrotask|randomBytes)\b/;

/** Code shared by the adapter families: it may import only libraries. */
const SHARED = 'shared';

/** Folders whose subfolders must not import each other in cycles. */
const FOLDERS_WITHOUT_CYCLES = ['domain', 'app', 'app/config', 'app/http', 'adapters/ldap'];

const MAY_READ_ENVIRONMENT = ['app/main.ts', 'app/cli.ts', 'adapters/shared/library-environment.ts'];

/**
 * The violations of the layer rules, one line each with the fix. The layers from the bottom: records, ports,
 * services, adapters, app. Each may import only lower layers.
 */
export function violations(modules: readonly Module[], exceptions: Exceptions): readonly string[] {
  const active = new Set(
    modules.filter((module) => isService(module.path) || usesPorts(module)).map(({ path }) => path),
  );
  return [
    ...modules.flatMap((module) => [
      ...module.imports
        .flatMap((imported) => problemOf(module.path, imported, active, exceptions) ?? [])
        .map(problemIn(module)),
      ...ambientAccess(module).map(problemIn(module)),
      ...lengths(module, exceptions).map(problemIn(module)),
    ]),
    ...fileCycles(modules.filter(({ path }) => layerOf(path) === 'domain')),
    ...FOLDERS_WITHOUT_CYCLES.flatMap((folder) => folderCycles(modules, folder)),
    ...outdated(modules, exceptions),
  ];
}

/** The name of a domain service shows that it is a service. */
const isService = (path: string) => layerOf(path) === 'domain' && path.endsWith('-service.ts');

/** Whether the module uses ports. Modules that do not, and are not services, are records. */
const usesPorts = ({ imports }: Module) => imports.some(({ from }) => layerOf(from) === 'ports');

const layerOf = (path: string) => path.split('/')[0];

const problemIn =
  ({ path }: Module) =>
  (problem: string) =>
    `src/${path} ${problem}`;

function problemOf(
  path: string,
  imported: Import,
  active: ReadonlySet<string>,
  exceptions: Exceptions,
): string | undefined {
  const { from, isType } = imported;
  const [layer, target] = [layerOf(path), layerOf(from)];
  const allowedPlace = ALLOWED_PLACES[libraryOf(from)];
  if (allowedPlace && !allowedPlace.files.test(path)) {
    const isExcepted = isType && exceptions.libraries[`${path} ${libraryOf(from)}`] !== undefined;
    if (!isExcepted) return `names ${from}: that belongs into ${allowedPlace.name}; take what you need as an argument`;
  }
  if (layer === 'domain') return problemOfDomain(path, imported, active);
  if (layer === 'ports') {
    if (isService(from)) return `imports ${from}, a service: a port may name anything of the domain but services`;
    if (target === 'domain' && !isType)
      return `imports ${from} as a value: write "import type", because a port has no code`;
    if (target !== 'domain' && target !== 'ports')
      return `imports ${from}: a port may name only records and other ports`;
  }
  if (layer === 'adapters') {
    if (target === 'app') return `imports ${from}: adapters may not import the app; take it as an argument`;
    if (isService(from))
      return `imports ${from}, a service: adapters know ports and records; move the rule that it needs into a record`;
    if (target === 'adapters' && familyOf(from) !== familyOf(path) && familyOf(from) !== SHARED)
      return `imports ${from} of another family: let the app pass it, or move what both need into a record`;
  }
  return undefined;
}

function problemOfDomain(
  path: string,
  { from, isType, names }: Import,
  active: ReadonlySet<string>,
): string | undefined {
  const target = layerOf(from);
  if (target === 'adapters' || target === 'app')
    return `imports ${from}: the domain uses adapters only through a port in src/ports`;
  if (target === 'ports')
    return isType
      ? undefined
      : `imports ${from} as a value: write "import type", the port is handed to the constructor`;
  if (target === 'domain') {
    const isUp = isService(from) && !active.has(path);
    return isUp
      ? `imports the service ${from} although it uses no port itself: a record may import records only; move what it needs into a record`
      : undefined;
  }
  const allowed = OUTSIDE_OF_DOMAIN[libraryOf(from)];
  if (!allowed || (allowed.file !== undefined && allowed.file !== path))
    return `imports ${from}: the domain is plain TypeScript; put an adapter behind a port`;
  const other = allowed.names && names.find((name) => !allowed.names?.includes(name));
  return other === undefined
    ? undefined
    : `imports ${other} of ${from}: only ${allowed.names?.join(', ')} are without time, randomness and I/O`;
}

function ambientAccess({ path, imports, globals }: Module): readonly string[] {
  const isDomain = layerOf(path) === 'domain';
  const forbidden = [...globals].filter((name) => isDomain && TIME_RANDOMNESS_AND_ENVIRONMENT.test(name));
  const hasEnvironment = globals.has('process.env') || imports.some(({ from }) => /^(node:)?process$/.test(from));
  const readsEnvironment = !isDomain && hasEnvironment && !MAY_READ_ENVIRONMENT.includes(path);
  return [
    ...forbidden.map(
      (name) => `uses ${name}: time, randomness and everything outside come through ports such as Clock and Random`,
    ),
    ...(readsEnvironment
      ? [`reads process.env: only ${MAY_READ_ENVIRONMENT.join(' and ')} do; make it an option in src/app/config`]
      : []),
  ];
}

const lengths = ({ path, lines }: Module, { long }: Exceptions): readonly string[] =>
  lines > MOST_LINES && long[path] === undefined
    ? [`has ${lines} lines: split it at ${MOST_LINES} lines, or add it with a reason to test/architecture.test.ts`]
    : [];

/** Import cycles of files, each reported once. None of these files can be understood or moved separately. */
function fileCycles(modules: readonly Module[]): readonly string[] {
  const imports = new Map(modules.map(({ path, imports }) => [path, imports.map(({ from }) => from)]));
  const found = new Map<string, string>();
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]) => {
    const cycle = way.includes(path) ? way.slice(way.indexOf(path)) : [];
    if (cycle.length > 0) found.set([...cycle].sort().join(), cycle.map((file) => `src/${file}`).join(', '));
    if (cycle.length > 0 || done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return [...found.values()].map((files) => `${files} import each other in a cycle: move what they share into a file`);
}

/**
 * Import cycles between the subfolders of one folder, each reported once. A file in the folder counts as a separate
 * subfolder.
 */
export function folderCycles(modules: readonly Module[], folder: string): readonly string[] {
  const subfolderOf = (path: string) => path.slice(folder.length + 1).split('/')[0] ?? '';
  const inside = modules.filter(({ path }) => path.startsWith(`${folder}/`));
  const imports = new Map<string, Set<string>>();
  for (const { path, imports: list } of inside) {
    const targets = imports.get(subfolderOf(path)) ?? new Set();
    for (const { from } of list) if (from.startsWith(`${folder}/`)) targets.add(subfolderOf(from));
    imports.set(subfolderOf(path), targets);
  }
  const found = new Map<string, string>();
  const done = new Set<string>();
  const visit = (subfolder: string, way: readonly string[]) => {
    const cycle = way.includes(subfolder) ? way.slice(way.indexOf(subfolder)) : [];
    if (cycle.length > 1) found.set([...cycle].sort().join(), cycle.map((name) => `src/${folder}/${name}`).join(', '));
    if (cycle.length > 0 || done.has(subfolder)) return;
    for (const next of imports.get(subfolder) ?? []) visit(next, [...way, subfolder]);
    done.add(subfolder);
  };
  for (const subfolder of imports.keys()) visit(subfolder, []);
  return [...found.values()].map(
    (folders) => `${folders} import each other in a cycle: move what they share into a folder below both`,
  );
}

/** Unused exceptions, which would hide later violations. */
function outdated(modules: readonly Module[], { libraries, long }: Exceptions): readonly string[] {
  const needsLength = (path: string) => modules.some((module) => module.path === path && module.lines > MOST_LINES);
  const needsLibrary = (key: string) =>
    modules.some(({ path, imports }) => imports.some(({ from }) => `${path} ${libraryOf(from)}` === key));
  return [
    ...Object.keys(long).filter((path) => !needsLength(path)),
    ...Object.keys(libraries).filter((key) => !needsLibrary(key)),
  ].map((key) => `the exception for "${key}" is no longer needed: remove it from test/architecture.test.ts`);
}

/** `libphonenumber-js/max` belongs to `libphonenumber-js`. */
const libraryOf = (from: string) =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');

const familyOf = (path: string) => path.split('/')[1];
