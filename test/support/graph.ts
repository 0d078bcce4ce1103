import { type Module, modulesIn } from './modules.js';

/** The imports of one subfolder from its siblings. */
export interface Subfolder {
  readonly name: string;
  readonly imports: readonly string[];
}

/**
 * The subfolders of a folder, those without imports from the others first. A file in the folder counts as a
 * subfolder.
 */
export function subfoldersOf(modules: readonly Module[], folder: string): readonly Subfolder[] {
  const subfolderOf = (path: string) => path.slice(folder.length + 1).split('/')[0] ?? '';
  const targets = new Map<string, Set<string>>();
  for (const { path, imports } of modules) {
    if (!path.startsWith(`${folder}/`)) continue;
    const found = targets.get(subfolderOf(path)) ?? new Set<string>();
    for (const { from } of imports) {
      if (from.startsWith(`${folder}/`) && subfolderOf(from) !== subfolderOf(path)) found.add(subfolderOf(from));
    }
    targets.set(subfolderOf(path), found);
  }
  const subfolders: Subfolder[] = [];
  while (targets.size > 0) {
    const free = [...targets].filter(([, imports]) => [...imports].every((name) => !targets.has(name)));
    // Folders in a cycle never become free; the architecture test reports them.
    const next = free.length > 0 ? free : [...targets];
    for (const [name, imports] of next.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      subfolders.push({ name, imports: [...imports].toSorted() });
      targets.delete(name);
    }
  }
  return subfolders;
}

/** The subfolders of a folder and their imports, as text. */
export function graphText(modules: readonly Module[], folder: string): string {
  const subfolders = subfoldersOf(modules, folder);
  const above = new Map(subfolders.map(({ name }, at) => [name, at]));
  const imports = subfolders.reduce((sum, { imports }) => sum + imports.length, 0);
  const back = subfolders.flatMap(({ name, imports }, at) =>
    imports.filter((target) => (above.get(target) ?? 0) > at).map((target) => `${name} → ${target}`),
  );
  const lines = subfolders.map(
    ({ name, imports }) => `  ${name}${imports.length > 0 ? ` → ${imports.join(', ')}` : ''}`,
  );
  const summary = `${subfolders.length} folders, ${imports} imports, ${back.length === 0 ? 'none' : back.join(', ')} back`;
  return [`src/${folder}: ${summary}`, ...lines].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const modules = modulesIn(new URL('../../src', import.meta.url).pathname);
  const folders = process.argv.length > 2 ? process.argv.slice(2) : ['domain', 'app'];
  process.stdout.write(`${folders.map((folder) => graphText(modules, folder)).join('\n\n')}\n`);
}
