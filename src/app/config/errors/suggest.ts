/** The known name that `name` was probably meant to be: it differs by one typing error or only in spelling. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const meant = plain(name);
  const ranked = known
    .map((candidate) => ({ candidate, edits: edits(meant, plain(candidate)) }))
    .filter(({ edits }) => edits <= Math.max(1, Math.floor(meant.length / 4)))
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate;
}

export const didYouMean = (name: string | undefined): string | undefined =>
  name && `did you mean ${name.includes(' ') ? name : `"${name}"`}?`;

/** `bind_dn`, `bind-dn` and `BindDN` are the same name. */
export const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** The same letters in a different order count as one error, as does each extra, missing or wrong letter. */
const edits = (a: string, b: string): number => (letters(a) === letters(b) && a !== b ? 1 : distance(a, b));

const letters = (word: string): string => Array.from(word).toSorted().join('');

/** The edit distance of two words; swapping two adjacent letters is one edit. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let edits = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + (isSame ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, at(before, j - 2) + 1);
      row.push(edits);
    }
    [before, previous] = [previous, row];
  }
  return at(previous, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
