import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The files that another configuration refers to. */
export interface TemplateFolder {
  /** `undefined` if there is no such file, or it is too large for a template. */
  read(path: string): string | undefined;
  /** Names of the folders in a folder, sorted. */
  folders(path: string): readonly string[];
}

const LARGEST = 256 * 1024;

/** @param conf the configuration; relative paths start from its folder */
export function templateFolder(conf: string): TemplateFolder {
  const at = (path: string) => resolve(dirname(conf), path);
  return {
    read(path) {
      try {
        const found = statSync(at(path));
        return found.isFile() && found.size <= LARGEST ? readFileSync(at(path), 'utf8') : undefined;
      } catch {
        return undefined;
      }
    },
    folders(path) {
      try {
        const entries = readdirSync(at(path), { withFileTypes: true });
        return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted();
      } catch {
        return [];
      }
    },
  };
}
