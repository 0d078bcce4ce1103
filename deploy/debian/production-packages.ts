import { access, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

export interface PlacedPackage {
  readonly from: string;
  /** Path relative to the application folder: `node_modules/pg/node_modules/pg-types`. */
  readonly path: string;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * The packages that the application loads at run time, as installed in `node_modules`.
 *
 * @param skipped names of packages that are needed only to build other packages
 * @throws for a package that is not installed
 */
export async function productionPackages(
  root: string,
  skipped: ReadonlySet<string>,
): Promise<readonly PlacedPackage[]> {
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

/** The folder in which Node.js finds a package that is imported from `folder`. */
async function installed(name: string, folder: string, root: string): Promise<string | undefined> {
  for (let place = folder; place.startsWith(root); place = dirname(place)) {
    const candidate = join(place, 'node_modules', name);
    if (await exists(join(candidate, 'package.json'))) return candidate;
  }
  return undefined;
}

/** Nested packages are copied together with the package that contains them. */
const withoutNested = (packages: readonly PlacedPackage[]): readonly PlacedPackage[] =>
  packages.filter(({ path }) => !packages.some((other) => path.startsWith(`${other.path}/`)));

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
