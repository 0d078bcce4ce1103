import type { Clock } from '../../ports/clock.js';
import type { SourceTrace, ThreepidSource } from '../../ports/threepid-source.js';
import type { Threepid } from '../identifiers/threepid.js';
import { errorText } from '../shared/error-text.js';

/**
 * The result of a source for one threepid, and how it was determined. A failure of the source is included in the
 * explanation.
 */
export async function explainSource(
  source: ThreepidSource,
  threepid: Threepid,
  clock: Clock,
): Promise<readonly SourceTrace[]> {
  const since = clock.now();
  try {
    if (source.explain) return await source.explain(threepid);
    const [finding] = await source.find([threepid]);
    return [{ via: 'live', finding, tookMs: clock.now() - since, notes: [] }];
  } catch (error) {
    const failure = errorText(error);
    return [{ via: 'live', finding: undefined, failure, tookMs: clock.now() - since, notes: [] }];
  }
}
