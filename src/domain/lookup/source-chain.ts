import type { Telemetry } from '../../ports/telemetry.js';
import type { ViaPath, ThreepidSource } from '../../ports/threepid-source.js';
import { AMBIGUOUS, isAmbiguous, type Finding } from '../associations/association.js';
import { SourceUnavailableError } from '../shared/errors.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

export type Answers = ReadonlyMap<string, Mxid | typeof AMBIGUOUS>;

/**
 * Who wins when several sources know an address: the sources are asked in order, each with what is
 * still missing, and the first answer counts. A source that knows an address but not whose it is
 * ends the search for it: nobody, because a wrong person is worse. A source that fails is passed over.
 *
 * @param questions each once
 * @param ask answers keyed by question; what was not asked is ignored
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

/** A source's findings as answers by `keyOf`. Findings that disagree about a threepid contest it. */
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

/** Asks one source for threepids by their keys. */
export const askThreepids =
  (threepids: ReadonlyMap<string, Threepid>, viaPath?: ViaPath) =>
  async (source: ThreepidSource, keys: readonly string[]): Promise<Answers> =>
    answersOf(
      await source.find(
        keys.flatMap((key) => threepids.get(key) ?? []),
        viaPath,
      ),
    );
