import { access, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

export interface PlacedPackage {
  readonly from: string;
  /** Below the folder of the application: `node_modules/pg/node_modules/pg-types`. */
  readonly path: string;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * The packages that the application loads when it runs, as they are installed in `node_modules`.
 *
 * @param skipped names of packages that are needed to build others only
 * @throws for a package that is not installed
 */
export async function productionPackages(root: string, skipped: ReadonlySet<string>): Promise<readonly PlacedPackage[]> {
  const found = new Map<string, PlacedPackage>();
  const visit = async (folder: string): Promise<void> => {
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (skipped.has(name)) continue;
      const from = await installed(name, folder, root);
      if (from === undefined && name in (manifest.optionalDependencies ?? {})) continue;
      if (from === undefined) throw new Error(`${name}, which ${folder} needs, is not installed: run npm ci`);
      if (found.has(from)) continue;
      found.set(from, { from, path: relative(root, from) });
      await visit(from);
    }
  };
  await visit(root);
  return withoutNested([...found.values()]);
}

/** Where Node.js finds a package that is asked for in `folder`. */
async function installed(name: string, folder: string, root: string): Promise<string | undefined> {
  for (let place = folder; place.startsWith(root); place = dirname(place)) {
    const candidate = join(place, 'node_modules', name);
    if (await exists(join(candidate, 'package.json'))) return candidate;
  }
  return undefined;
}

/** A package is copied together with the packages that lie below it. */
const withoutNested = (packages: readonly PlacedPackage[]): readonly PlacedPackage[] =>
  packages.filter(({ path }) => !packages.some((other) => path.startsWith(`${other.path}/`)));

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
