import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a proof keeps what it installs and records: below `PROOF_FOLDER`, or the system's temporary folder. */
export function folderOf(name: string): string {
  const folder = join(process.env['PROOF_FOLDER'] ?? join(tmpdir(), 'islet-proof'), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
