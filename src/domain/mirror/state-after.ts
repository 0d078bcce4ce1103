import type { MirrorState } from '../directory/mirror-state.js';
import type { DirectoryDiff } from './full-sync.js';

/** The state of a mirror after a sync was applied. @param problem why changes are not requested any more */
export function stateAfter(
  before: MirrorState,
  listing: DirectoryDiff,
  at: number,
  problem: string | undefined,
): MirrorState {
  const { isFull, bases, syncCursor } = listing;
  const { isFirst: _isFirst, incrementalProblem: _problem, failure, ...rest } = before;
  // Warnings remain until the next full sync.
  const warnings = { ...(!isFull && before.warnings), ...listing.warnings };
  const marked = {
    ...(Object.keys(warnings).length > 0 && { warnings }),
    ...(syncCursor !== undefined && { syncCursor }),
    ...(problem !== undefined && { incrementalProblem: problem }),
  };
  if (!isFull)
    return { ...rest, ...marked, bases, incrementalAt: at, failure: failure?.isIncremental ? undefined : failure };
  const first = before.syncedAt === undefined && { isFirst: true as const };
  return { syncedAt: at, ...first, attemptedAt: at, bases, failure: undefined, ...marked };
}
