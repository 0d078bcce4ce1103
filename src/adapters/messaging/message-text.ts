const BREAKS = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** Marks that turn the direction of what follows them, and so could make a sentence of ours read otherwise. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Somebody else's words as they may stand in a text of ours: one line, at most `length` characters,
 * the last one an ellipsis if there were more. Characters are never cut through.
 */
export function oneLine(text: string | undefined, length: number): string {
  const line = (text ?? '')
    .slice(0, length * 20)
    .toWellFormed()
    .replace(DIRECTION, '')
    .replace(BREAKS, ' ')
    .trim();
  if (countOf(line) <= length) return line;
  let kept = '';
  let room = length - 1;
  for (const { segment } of segmenter.segment(line)) {
    room -= countOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

const countOf = (text: string): number => Array.from(text).length;
