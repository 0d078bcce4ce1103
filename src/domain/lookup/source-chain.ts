import type { Telemetry } from '../../ports/telemetry.js';
import type { ViaPath, ThreepidSource } from '../../ports/threepid-source.js';
import { AMBIGUOUS, isAmbiguous, type Finding } from '../associations/association.js';
import { SourceUnavailableError } from '../shared/errors.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

export type Answers = ReadonlyMap<string, Mxid | typeof AMBIGUOUS>;

/**
 * Decides between several sources that know an address. The sources are queried in order, each for what is still
 * missing, and the first answer counts. If a source knows an address but cannot decide whose it is, the lookup ends
 * without a user, because a wrong user is worse than none. A source that fails is skipped.
 *
 * @param questions without duplicates
 * @param ask returns answers keyed by question; answers to other questions are ignored
 */
export async function firstAnswers(
  questions: readonly string[],
  sources: readonly ThreepidSource[],
  ask: (source: ThreepidSource, missing: readonly string[]) => Promise<Answers> | undefined,
  telemetry: Telemetry,
): Promise<Answers> {
  const answers = new Map<string, Mxid | typeof AMBIGUOUS>();
  let missing = questions;
  for (const source of sources) {
    if (missing.length === 0) break;
    const found = await skipFailed(() => ask(source, missing), source, telemetry);
    const facts = { event: 'source_asked', source: source.name, asked: missing.length, found: found?.size };
    telemetry.debug('source asked', facts);
    if (!found || found.size === 0) continue;
    missing = missing.filter((question) => {
      const answer = found.get(question);
      if (answer === undefined) return true;
      answers.set(question, answer);
      return false;
    });
  }
  return answers;
}

async function skipFailed(ask: () => Promise<Answers> | undefined, source: ThreepidSource, telemetry: Telemetry) {
  try {
    return await ask();
  } catch (cause) {
    telemetry.count('source_failures', { source: source.name });
    if (!(cause instanceof SourceUnavailableError)) {
      telemetry.warn('source failed, skipped', { event: 'source_failed', source: source.name }, cause);
    }
    return undefined;
  }
}

/** A source's findings as answers by `keyOf`. Contradicting findings make a threepid ambiguous. */
export function answersOf(findings: readonly Finding[]): Answers {
  const answers = new Map<string, Mxid | typeof AMBIGUOUS>();
  for (const finding of findings) {
    const key = keyOf(finding.threepid);
    const answer = isAmbiguous(finding) ? AMBIGUOUS : finding.mxid;
    const before = answers.get(key);
    answers.set(key, before === undefined || before === answer ? answer : AMBIGUOUS);
  }
  return answers;
}

/** Queries one source for threepids by their keys. */
export const askThreepids =
  (threepids: ReadonlyMap<string, Threepid>, viaPath?: ViaPath) =>
  async (source: ThreepidSource, keys: readonly string[]): Promise<Answers> =>
    answersOf(
      await source.find(
        keys.flatMap((key) => threepids.get(key) ?? []),
        viaPath,
      ),
    );
