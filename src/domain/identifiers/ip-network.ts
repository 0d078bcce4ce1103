/**
 * The network by which requests from an IP address are counted: an IPv4 address itself, also if written as IPv6
 * (`::ffff:192.0.2.1`); for an IPv6 address its first 64 bits, because one user usually has all addresses of that
 * network. All spellings of an address give the same text. Any other text is returned unchanged.
 */
export function networkOf(address: string): string {
  const groups = groupsOf(address.replace(/%.*$/, ''));
  if (!groups) return address;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}

/** The eight groups of an IPv6 address; `undefined` for anything else. */
function groupsOf(text: string): readonly number[] | undefined {
  if (text.length > 45 || !text.includes(':')) return undefined;
  const [head = '', tail, ...more] = withoutDots(text).split('::');
  if (more.length > 0) return undefined;
  const [before, after] = [split(head), split(tail ?? '')];
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((hex) => Number.parseInt(hex, 16))
    : undefined;
}

const split = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));

/** Converts an IPv4 address at the end to two groups. */
const withoutDots = (text: string): string =>
  text.replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (dotted, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    const isAddress = [a, b, c, d].every((byte) => byte < 256);
    return isAddress ? `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}` : dotted;
  });
