import { isInRange, parseAddress, parseRange } from '../../../adapters/shared/address-ranges.js';

/** Whether an IP address is in any of these CIDR ranges. @throws for an invalid range */
export function inRanges(ranges: readonly string[]): (address: string) => boolean {
  const parsed = ranges.map((text) => {
    const range = parseRange(text);
    if (range === undefined) throw new Error(`"${text}" is not a range of IP addresses`);
    return range;
  });
  return (text) => {
    const address = parseAddress(text);
    return address !== undefined && parsed.some((range) => isInRange(address, range));
  };
}
