import { randomInt } from 'node:crypto';
import type { Random } from '../../ports/random.js';

const DIGITS = '0123456789';
const LETTERS = `${DIGITS}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ`;

export class SystemRandom implements Random {
  text(length: number): string {
    return pick(LETTERS, length);
  }

  digits(length: number): string {
    return pick(DIGITS, length);
  }
}

/** `randomInt` has no modulo bias. */
const pick = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
