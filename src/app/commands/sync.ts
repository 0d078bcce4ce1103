import type { AdminClient } from './admin-client.js';
import type { TerminalStyle } from './terminal-style.js';
import { syncText } from './sync-text.js';
import { printable, printableJson } from '../../domain/shared/printable.js';

export interface SyncCommand {
  /** Absent: every mirrored source. */
  readonly source: string | undefined;
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  readonly isIncremental: boolean;
  readonly isJson: boolean;
  readonly paint: TerminalStyle;
  readonly print: (text: string) => void;
  /** Shows how far it is; on a pipe nothing is shown. */
  readonly onProgress: (source: string, listed: number) => void;
}

/**
 * Syncs mirrors and shows what changed.
 *
 * @returns the exit code: 0 if everything was applied or, on a dry run, would be; 1 otherwise
 */
export async function sync(access: AdminClient, command: SyncCommand): Promise<number> {
  const { source, isDryRun, isForced, isIncremental, isJson, paint, print, onProgress } = command;
  const sources = source === undefined ? await access.mirrors() : [source];
  if (sources.length === 0) print('No source is mirrored: nothing to sync.');
  const reports = [];
  for (const name of sources) {
    const request = { isDryRun, isForced, isIncremental, onProgress: (listed: number) => onProgress(name, listed) };
    const report = await access.sync(name, request);
    reports.push(report);
    if (!isJson) print(syncText(printable(report), paint));
  }
  if (isJson) print(printableJson(reports));
  return reports.every(({ refusal }) => refusal === undefined) ? 0 : 1;
}
