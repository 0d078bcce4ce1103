type Parts = Readonly<Record<string, number>>;

/**
 * Why a listing is rejected as broken: more than `maxShrink` (0 to 1) of the entries are missing, in total or in one
 * part. Typical causes are a broken filter, a missing permission or a wrong server; rarely a real layoff. One missing
 * person is always accepted, unless no entries would remain.
 *
 * @param moved for each part, how many of its entries moved to another part: they are not missing
 */
export function shrinkage(before: Parts, after: Parts, maxShrink: number, moved: Parts = {}): string | undefined {
  const wholeListing = reason('the directory', sum(before), sum(after), maxShrink);
  if (wholeListing) return [wholeListing, ...left(before, after)].join('; ');
  for (const [base, count] of Object.entries(before)) {
    // A part that is no longer configured is not missing.
    const now = after[base];
    const shrunk =
      now === undefined ? undefined : reason(`its base ${base}`, count - (moved[base] ?? 0), now, maxShrink);
    if (shrunk) return shrunk;
  }
  return undefined;
}

function reason(subject: string, before: number, after: number, maxShrink: number): string | undefined {
  const lost = before - after;
  // Division gives the expected result where multiplication does not: 100 * 0.29 is less than 29.
  const isBroken = lost / before > maxShrink && (lost > 1 || after === 0);
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return isBroken
    ? `${subject} has ${after} entries instead of ${before}, ${percent(lost / before)} less (maxShrink: ${percent(maxShrink)})`
    : undefined;
}

/** The former entries of parts that are no longer configured. */
const left = (before: Parts, after: Parts): readonly string[] =>
  Object.entries(before).flatMap(([base, count]) =>
    base in after || count === 0
      ? []
      : `${count} of the missing entries were below ${base}, which is no longer configured`,
  );

const sum = (bases: Parts): number => Object.values(bases).reduce((total, count) => total + count, 0);
