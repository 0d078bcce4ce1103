import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Node.js keeps the text of every file in memory. Names stay, for stack traces. */
export const COMPACT = { minifyWhitespace: true, lineLimit: 160 } as const;

/** The files of CommonJS packages that ES modules import. */
export type CommonJsPackages = Set<string>;

/** Packages that are not bundled: a native one, and database drivers that an administrator may install. */
const EXTERNAL = [
  'sqlite3',
  'better-sqlite3',
  'libsql',
  'mariadb',
  'mysql',
  'mysql2',
  'oracledb',
  'pg-native',
  'pg-query-stream',
  'tedious',
];

const FOLDER = 'dist/packages';

/**
 * CommonJS modules cannot become part of an ES module: code that is not in strict mode would be, and an assignment to
 * a property that has only a getter would throw instead of doing nothing (ldapjs 3.0.7 relies on that). They are
 * written to separate files in `dist/packages`, one for packages that share modules.
 *
 * @param found receives what `bundlePackages` has to write
 */
export function commonJsPackages(found: CommonJsPackages): Plugin {
  return {
    name: 'common-js-packages',
    setup(plugin) {
      plugin.onResolve({ filter: /./ }, async ({ path, kind, pluginData, ...from }) => {
        if (pluginData === RESOLVING || !/^(?:import-statement|dynamic-import)$/.test(kind)) return undefined;
        const result = await plugin.resolve(path, { ...from, kind, pluginData: RESOLVING });
        if (result.external || result.errors.length > 0 || !(await isCommonJs(result.path))) return result;
        found.add(result.path);
        return { path: result.path, namespace: 'common-js' };
      });
      plugin.onLoad({ filter: /./, namespace: 'common-js' }, ({ path }) => ({
        contents: `module.exports = require('#packages')(${JSON.stringify(nameOf(path))});`,
        loader: 'js',
      }));
      plugin.onResolve({ filter: /^#packages$/ }, ({ path }) => ({ path, external: true }));
    },
  };
}

const RESOLVING = Symbol('resolving');

/** Such as `express/index.js`. */
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length);

async function isCommonJs(path: string): Promise<boolean> {
  if (!path.includes('/node_modules/')) return false;
  if (!path.endsWith('.js')) return path.endsWith('.cjs');
  return (await typeOf(dirname(path))) !== 'module';
}

/** The field `type` of the nearest package.json, which decides what a file named `.js` is. */
async function typeOf(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  return text === undefined ? typeOf(dirname(folder)) : (JSON.parse(text) as { readonly type?: string }).type;
}

/** @returns the files that were written, relative to `root` */
export async function bundlePackages(root: string, packages: CommonJsPackages): Promise<readonly string[]> {
  const groups = await thatShareModules(root, [...packages].toSorted());
  const places = groups.flatMap((group, number) => group.map((path) => [nameOf(path), `./${number}.cjs`]));
  const index = `const places = ${JSON.stringify(Object.fromEntries(places), undefined, 2)};\nmodule.exports = (name) => require(places[name])(name);\n`;
  const files = await Promise.all(
    groups.map(async (group, number) => {
      const modules = group.map((path) => `  ${JSON.stringify(nameOf(path))}: () => require(${JSON.stringify(path)}),`);
      const outfile = `${FOLDER}/${number}.cjs`;
      await build({
        ...options(root),
        stdin: {
          contents: `const modules = {\n${modules.join('\n')}\n};\nmodule.exports = (name) => modules[name]();`,
          resolveDir: root,
        },
        // ldapjs names events by the names of classes.
        keepNames: group.some((path) => nameOf(path).startsWith('ldapjs/')),
        outfile,
      });
      return outfile;
    }),
  );
  await writeFile(join(root, FOLDER, 'index.cjs'), index);
  return [...files, `${FOLDER}/index.cjs`];
}

const options = (root: string) =>
  ({
    absWorkingDir: root,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.17',
    external: EXTERNAL,
    ...COMPACT,
    logLevel: 'error',
  }) as const;

/** Groups of packages such that no module belongs to two groups: each must exist once. */
async function thatShareModules(root: string, paths: readonly string[]): Promise<readonly (readonly string[])[]> {
  const groups: { readonly paths: string[]; readonly modules: Set<string> }[] = [];
  for (const path of paths) {
    const { metafile } = await build({ ...options(root), entryPoints: [path], write: false, metafile: true });
    const modules = Object.keys(metafile.inputs);
    const shared = groups.filter((group) => modules.some((module) => group.modules.has(module)));
    const all = { paths: [path], modules: new Set(modules) };
    for (const group of shared) {
      all.paths.unshift(...group.paths);
      group.modules.forEach((module) => all.modules.add(module));
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(all);
  }
  return groups.map((group) => group.paths);
}
