import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { bundlePackages, type CommonJsPackages, commonJsPackages, COMPACT } from './bundle-packages.js';

const root = join(import.meta.dirname, '..');

/** The entry points: the program, the modules of `exports` in package.json, and the workers. */
const ENTRIES = [
  'app/cli',
  'app/main',
  'source',
  'testing',
  'adapters/hash-index/table-builder-worker',
  'adapters/ldap/sync/listing-worker',
  'adapters/name-index/segment-builder-worker',
];

/** Needed by the sources only. */
const EXTERNAL = ['esbuild'];

const NO_LINES = Buffer.from('{"version":3,"sources":[""],"mappings":"A"}').toString('base64');

/** Source maps of packages would be larger than ours, and Node.js reads all at the start. */
const withoutPackageMaps: Plugin = {
  name: 'without-package-maps',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/.*\.m?js$/, namespace: 'file' }, async ({ path }) => ({
      contents: `${await readFile(path, 'utf8')}\n//# sourceMappingURL=data:application/json;base64,${NO_LINES}`,
      loader: 'js',
    }));
  },
};

/**
 * Writes `dist/**\/*.js` and `dist/packages`: few files with many modules each, of Islet and of
 * packages. Node.js loads them in half the time that it needs for a thousand separate modules. A module that several
 * entries import is written once.
 */
export async function bundle(): Promise<void> {
  const packages: CommonJsPackages = new Set();
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(ENTRIES.map((entry) => [entry, `src/${entry}.ts`])),
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.17',
    external: EXTERNAL,
    sourcemap: true,
    sourcesContent: false,
    ...COMPACT,
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
    },
    plugins: [commonJsPackages(packages), withoutPackageMaps],
    metafile: true,
    logLevel: 'error',
  });
  const written = new Set([...Object.keys(metafile.outputs), ...(await bundlePackages(root, packages))]);
  for (const entry of await readdir(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!/\.c?js(?:\.map)?$/.test(file)) continue;
    if (!written.has(file.slice(root.length + 1))) await rm(file);
    else if (!file.endsWith('.map')) await escapeOthers(file);
  }
}

/**
 * A text with a character beyond Latin-1 takes twice as much memory. Only regular expressions
 * contain such characters: elsewhere they are already written as escapes.
 */
async function escapeOthers(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const escaped = text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (escaped !== text) await writeFile(file, escaped);
}

if (process.argv[1] === import.meta.filename) await bundle();
