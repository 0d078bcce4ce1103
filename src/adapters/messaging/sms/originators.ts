/** The sender of a text message: a full number, a short code, or a name. */
export interface Originator {
  readonly kind: 'long' | 'short' | 'alpha';
  readonly text: string;
}

/** By calling code (more digits are more specific), and `default` for all others. */
export type PerDestination<T> = Readonly<Record<string, T>>;

const shapes = { long: /^\d{5,15}$/, short: /^\d{3,8}$/, alpha: /^[\x20-\x7e]{1,11}$/ };

/** `long:12125552368`, `short:12345` or `alpha:Matrix`; `undefined` for anything else. */
export function parseOriginator(written: string): Originator | undefined {
  const [, kind, text = ''] = /^(long|short|alpha):(.*)$/.exec(written) ?? [];
  if (kind !== 'long' && kind !== 'short' && kind !== 'alpha') return undefined;
  return shapes[kind].test(text) ? { kind, text } : undefined;
}

/** Each number always gets the same originator, so that its messages form one conversation. */
export function originatorFor(
  digits: string,
  originators: PerDestination<readonly Originator[]>,
): Originator | undefined {
  const choice = forDestination(digits, originators) ?? [];
  const sum = Array.from(digits, Number).reduce((a, b) => a + b, 0);
  return choice[sum % choice.length];
}

/** The value for the longest matching prefix of this number. */
export function forDestination<T>(digits: string, table: PerDestination<T>): T | undefined {
  for (let length = digits.length; length > 0; length--) {
    const beginning = digits.slice(0, length);
    if (Object.hasOwn(table, beginning)) return table[beginning];
  }
  return Object.hasOwn(table, 'default') ? table.default : undefined;
}
