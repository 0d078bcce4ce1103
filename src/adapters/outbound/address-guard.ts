import ipaddr from 'ipaddr.js';
import { type Address, type AddressRange, isInRange, parseAddress, parseRange } from '../shared/address-ranges.js';
import { carriedBy, isNat64Prefix, translators } from '../shared/nat64.js';

/** All of IPv6 that the registries give out as global unicast. */
const GLOBAL = parseRange('2000::/3');

/**
 * Tells addresses that strangers may make us connect to from those they may not: only what the
 * registries call global unicast, and what the operator has allowed besides. Of an address that a
 * translator turns into an IPv4 address, that one is judged.
 */
export class AddressGuard {
  private readonly allowed: readonly AddressRange[];
  private readonly nat64: readonly AddressRange[];

  /**
   * @param allow addresses and CIDR ranges, `10.1.0.0/16`, `fd00::5`
   * @param nat64 prefixes of this network's translators besides `64:ff9b::/96`
   * @throws Error naming the first that is neither
   */
  constructor(allow: readonly string[] = [], nat64: readonly string[] = []) {
    this.nat64 = translators(nat64.map(asRange));
    this.allowed = allow.map(asRange).flatMap((range) => this.translated(range));
  }

  /** Text that is no address is forbidden. */
  isForbidden(text: string): boolean {
    const address = parseAddress(text);
    if (!address) return true;
    const { carried, isLocal } = carriedBy(address, this.nat64);
    if (carried && !isLocal) return !this.isPermitted(carried);
    // A tunnel may lead where the address itself does not say.
    return !this.isPermitted(address) || (carried !== undefined && !this.isPermitted(carried));
  }

  private isPermitted(address: Address): boolean {
    return isPublic(address) || this.allowed.some((range) => isInRange(address, range));
  }

  /** A range inside a translator's prefix is one of IPv4; the prefix itself allows nothing: what it carries is judged. */
  private translated(range: AddressRange): readonly AddressRange[] {
    if (isNat64Prefix(range, this.nat64)) return [];
    const { carried, isLocal } = carriedBy(range.base, this.nat64);
    if (!carried || isLocal) return [range];
    return range.bits > 96 ? [{ base: carried, bits: range.bits - 96 }] : [];
  }
}

const isPublic = (address: Address): boolean =>
  address.range() === 'unicast' &&
  (address instanceof ipaddr.IPv4 || (GLOBAL !== undefined && isInRange(address, GLOBAL)));

function asRange(text: string): AddressRange {
  const range = parseRange(text);
  if (range === undefined) throw new Error(`"${text}" is neither an address nor a range of addresses`);
  return range;
}
