import type { Telemetry } from '../../ports/telemetry.js';
import type { OpenSource, SourceContext, ThreepidSource as OwnSource } from '../../source.js';
import { GuardedSource, type SourceSettings } from './guarded-source.js';
import { SourceDirectory } from './source-directory.js';
import { Deadline, within } from '../shared/deadline.js';
import { loadingProblem, thrownBy } from './thrown-errors.js';

const OPEN_LIMIT_MS = 30_000;

/** A source of any kind, wrapped by `GuardedSource`. */
export interface OpenedSource {
  readonly source: GuardedSource;
  /** For listing it; `undefined` if it cannot be listed. */
  readonly directory: SourceDirectory | undefined;
}

/** @throws Error with the name of the source, its file and the reason */
export async function openSource<Options>(
  open: OpenSource<Options>,
  options: Options,
  context: SourceContext,
  settings: SourceSettings,
  telemetry: Telemetry,
): Promise<OpenedSource> {
  const where = settings.file === undefined ? '' : `, ${settings.file},`;
  let made: OwnSource;
  const exited = (): void => {
    process.stderr.write(`source ${settings.name}${where} ended the process while Islet opened it\n`);
    process.exitCode = 1;
  };
  process.once('exit', exited);
  try {
    made = await within(new Deadline(OPEN_LIMIT_MS), () => open(options, context));
    checkShape(made);
  } catch (thrown) {
    const cause = thrownBy(thrown);
    throw new Error(`source ${settings.name}${where} cannot be opened: ${loadingProblem(cause)}`, { cause });
  } finally {
    process.off('exit', exited);
  }
  const source = new GuardedSource(made, settings, telemetry);
  return { source, directory: made.all && new SourceDirectory(made, settings, (reason) => source.noteInvalid(reason)) };
}

function checkShape(made: unknown): asserts made is OwnSource {
  if (typeof made !== 'object' || made === null) throw new Error('its function did not return a source');
  const { find, all, close } = made as Partial<Record<string, unknown>>;
  if (typeof find !== 'function') throw new Error('the source has no function find');
  if (all !== undefined && typeof all !== 'function') throw new Error('its "all" is not a function');
  if (close !== undefined && typeof close !== 'function') throw new Error('its "close" is not a function');
}
