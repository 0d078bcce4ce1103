import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Where a proof stores installations and recordings: below `PROOF_FOLDER`, or in the temporary folder of the system.
 */
export function folderOf(name: string): string {
  const folder = join(process.env['PROOF_FOLDER'] ?? join(tmpdir(), 'islet-proof'), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
