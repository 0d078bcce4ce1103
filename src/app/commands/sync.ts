import type { AdminAccess } from '../admin-access.js';
import type { Paint } from './paint.js';
import { syncText } from './sync-text.js';

export interface SyncCommand {
  /** Absent: every mirrored source. */
  readonly source: string | undefined;
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  readonly isOfChanges: boolean;
  readonly isJson: boolean;
  readonly paint: Paint;
  readonly print: (text: string) => void;
  /** Shows how far it is; on a pipe nothing is shown. */
  readonly onProgress: (source: string, listed: number) => void;
}

/**
 * Syncs mirrors and shows what changed.
 *
 * @returns the exit code: 0 if everything was applied or, on a dry run, would be; 1 otherwise
 */
export async function sync(access: AdminAccess, command: SyncCommand): Promise<number> {
  const { source, isDryRun, isForced, isOfChanges, isJson, paint, print, onProgress } = command;
  const sources = source === undefined ? await access.mirrors() : [source];
  if (sources.length === 0) print('No source is mirrored: nothing to sync.');
  const reports = [];
  for (const name of sources) {
    const wish = { isDryRun, isForced, isOfChanges, onProgress: (listed: number) => onProgress(name, listed) };
    const report = await access.sync(name, wish);
    reports.push(report);
    if (!isJson) print(syncText(report, paint));
  }
  if (isJson) print(JSON.stringify(reports, undefined, 2));
  return reports.every(({ refusal }) => refusal === undefined) ? 0 : 1;
}
