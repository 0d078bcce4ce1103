import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const BUILT = join(import.meta.dirname, '../../dist/app/cli.js');

/** Native, and database drivers that are not installed. */
const EXTERNAL = ['sqlite3', 'better-sqlite3', 'mysql', 'mysql2', 'mariadb', 'tedious', 'oracledb', 'pg-native'];

/** Modules find their files where they were. */
const places: Plugin = {
  name: 'places',
  setup(build) {
    build.onLoad({ filter: /\.[mc]?js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!/import\.meta\.|__dirname|__filename/.test(text)) return undefined;
      const contents = text
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll(/\b__dirname\b/g, JSON.stringify(dirname(path)))
        .replaceAll(/\b__filename\b/g, JSON.stringify(path));
      return { contents, loader: 'js' };
    });
  },
};

let made: Promise<string> | undefined;

/** The text of one module with the built server and its packages. It starts in half the time. */
export const builtInOneFile = (): Promise<string> => (made ??= make());

async function make(): Promise<string> {
  const require = `import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(${JSON.stringify(BUILT)});`;
  const { outputFiles } = await build({
    entryPoints: [BUILT],
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    keepNames: true,
    external: [...EXTERNAL, 'pg-query-stream', 'libpq', 'mock-aws-s3'],
    banner: { js: require },
    plugins: [places],
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
