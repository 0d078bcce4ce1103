import type { Telemetry } from '../../ports/telemetry.js';
import type { ViaPath, ThreepidSource } from '../../ports/threepid-source.js';
import { AMBIGUOUS, isAmbiguous, type Finding } from '../associations/association.js';
import { SourceUnavailableError } from '../shared/errors.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

export type Answers = ReadonlyMap<string, Mxid | typeof AMBIGUOUS>;

/** How a source is asked. `onMirror` is called if it answers from its mirror because it failed. */
export type Ask = (
  source: ThreepidSource,
  missing: readonly string[],
  onMirror: () => void,
) => Promise<Answers> | undefined;

/**
 * Decides between several sources that know an address. The sources are queried in order, each for what is still
 * missing, and the first answer counts. If a source knows an address but cannot decide whose it is, the lookup ends
 * without a user, because a wrong user is worse than none. A source that fails is skipped.
 *
 * @param questions without duplicates
 * @param ask returns answers keyed by question; answers to other questions are ignored
 * @param way how clients ask, for the metrics; absent if Islet itself asks
 */
export async function firstAnswers(
  questions: readonly string[],
  sources: readonly ThreepidSource[],
  ask: Ask,
  telemetry: Telemetry,
  way?: 'hash' | 'live',
): Promise<Answers> {
  let answers: Answers = new Map<string, Mxid | typeof AMBIGUOUS>();
  let missing = questions;
  for (const source of sources) {
    const asked = missing.length;
    if (asked === 0) break;
    const { found, isFailed, isMirror } = await askOne(ask, source, missing, telemetry);
    const facts = { event: 'source_asked', source: source.name, asked, found: found?.size };
    telemetry.debug('source asked', facts);
    let ambiguous = 0;
    if (found && found.size > 0) {
      const unanswered: string[] = [];
      for (const question of missing) {
        const answer = found.get(question);
        if (answer === undefined) unanswered.push(question);
        else if (answer === AMBIGUOUS) ambiguous++;
      }
      // Usually one source has all answers, and no others: then nothing needs to be copied.
      const isAll = answers.size === 0 && found.size === asked - unanswered.length;
      answers = isAll ? found : withAnswersTo(missing, found, answers);
      missing = unanswered;
    }
    if (way === undefined || (!found && !isFailed)) continue;
    const withoutUser = isFailed ? 0 : missing.length;
    const outcomes = {
      found: asked - missing.length - ambiguous,
      nobody: withoutUser,
      ambiguous,
      failed: isFailed ? asked : 0,
    };
    for (const [outcome, by] of Object.entries(outcomes)) {
      const labels = { source: source.name, way: isMirror ? 'mirror' : way, outcome };
      if (by > 0) telemetry.count('lookups', labels, by);
    }
  }
  return answers;
}

function withAnswersTo(questions: readonly string[], found: Answers, before: Answers): Answers {
  const answers = new Map(before);
  for (const question of questions) {
    const answer = found.get(question);
    if (answer !== undefined) answers.set(question, answer);
  }
  return answers;
}

async function askOne(ask: Ask, source: ThreepidSource, missing: readonly string[], telemetry: Telemetry) {
  const asked: { found?: Answers | undefined; isFailed?: true; isMirror?: true } = {};
  try {
    asked.found = await ask(source, missing, () => void (asked.isMirror = true));
  } catch (cause) {
    asked.isFailed = true;
    telemetry.count('source_failures', { source: source.name });
    if (!(cause instanceof SourceUnavailableError)) {
      telemetry.warn('source failed, skipped', { event: 'source_failed', source: source.name }, cause);
    }
  }
  return asked;
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
  async (source: ThreepidSource, keys: readonly string[], onMirror?: () => void): Promise<Answers> =>
    answersOf(
      await source.find(
        keys.flatMap((key) => threepids.get(key) ?? []),
        viaPath,
        onMirror,
      ),
    );
