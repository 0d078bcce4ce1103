import type { AdminClient } from './admin-client.js';
import type { TerminalStyle } from './terminal-style.js';
import { syncText } from './sync-text.js';
import { printable, printableJson } from '../../domain/shared/printable.js';

export interface SyncCommand {
  /** Absent for every mirrored source. */
  readonly source: string | undefined;
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  readonly isIncremental: boolean;
  readonly isJson: boolean;
  readonly style: TerminalStyle;
  readonly print: (text: string) => void;
  /** Shows the progress; shows nothing on a pipe. */
  readonly onProgress: (source: string, listed: number) => void;
}

/** Removes the mirror of a source that is no longer configured. @returns the exit code: 1 if there was none */
export async function forgetMirror(
  access: AdminClient,
  source: string | undefined,
  { print }: Pick<SyncCommand, 'print'>,
): Promise<number> {
  if (source === undefined) throw new Error('--forget requires the name of the former source');
  const entries = await access.forgetMirror(source);
  print(entries > 0 ? `The copy of ${source} is removed: ${entries} entries.` : `There is no copy of ${source}.`);
  return entries > 0 ? 0 : 1;
}

/**
 * Syncs mirrors and shows what changed.
 *
 * @returns the exit code: 0 if everything was applied or, on a dry run, would be; 1 otherwise
 */
export async function sync(access: AdminClient, command: SyncCommand): Promise<number> {
  const { source, isDryRun, isForced, isIncremental, isJson, style, print, onProgress } = command;
  const sources = source === undefined ? await access.mirrors() : [source];
  if (sources.length === 0) print('No source is mirrored: nothing to sync.');
  const reports = [];
  for (const name of sources) {
    const request = { isDryRun, isForced, isIncremental, onProgress: (listed: number) => onProgress(name, listed) };
    const report = await access.sync(name, request);
    reports.push(report);
    if (!isJson) print(syncText(printable(report), style));
  }
  if (isJson) print(printableJson(reports));
  return reports.every(({ refusal }) => refusal === undefined) ? 0 : 1;
}
