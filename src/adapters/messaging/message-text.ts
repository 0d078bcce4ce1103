const BREAKS = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** Characters that change the text direction, and could be used to change how a sentence reads. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Prepares text from users for use in a message: one line, at most `length` characters, with an ellipsis at the end if
 * it was longer. Grapheme clusters are never split.
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
