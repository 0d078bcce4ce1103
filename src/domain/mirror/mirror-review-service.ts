import type { MirrorStore } from '../../ports/mirror-store.js';
import type { MirroredEntry, SkipReason } from '../directory/directory-entry.js';
import type { Mxid } from '../identifiers/mxid.js';
import { keyOf, type Threepid } from '../identifiers/threepid.js';

/** An entry that is not found by lookups, or not by all of its values. */
export interface LeftOutEntry {
  readonly label: string;
  readonly base: string;
  readonly kind: 'no_user' | 'unlisted' | 'values';
  readonly reasons: readonly SkipReason[];
}

/** An address that several users claim, so that lookups return none of them. */
export interface ContestedAddress {
  readonly threepid: Threepid;
  readonly claimants: readonly { readonly mxid: Mxid; readonly label: string }[];
}

/** What an operator may want to correct in a directory. */
export class MirrorReviewService {
  constructor(private readonly deps: { readonly mirrors: MirrorStore }) {}

  /** The entries that lookups do not find, or not by all of their values. Reads the whole mirror. */
  leftOut(source: string): AsyncIterable<LeftOutEntry> {
    return leftOutEntries(this.deps.mirrors, source);
  }

  /** The addresses that several users of a source claim, at most `most`. Reads the whole mirror, twice if there are any. */
  contested(source: string, most: number): Promise<readonly ContestedAddress[]> {
    return contestedAddresses(this.deps.mirrors, source, most);
  }
}

async function* leftOutEntries(store: MirrorStore, source: string): AsyncGenerator<LeftOutEntry> {
  for await (const page of store.entries(source)) {
    for (const entry of page) {
      const kind = kindOf(entry);
      if (kind) yield { label: entry.label, base: entry.base, kind, reasons: entry.skipped };
    }
  }
}

function kindOf({ person, skipped }: MirroredEntry): LeftOutEntry['kind'] | undefined {
  if (!person) return 'no_user';
  if (person.isUnlisted) return 'unlisted';
  return skipped.length > 0 ? 'values' : undefined;
}

/** The first pass keeps one short hash per address. */
async function contestedAddresses(
  store: MirrorStore,
  source: string,
  most: number,
): Promise<readonly ContestedAddress[]> {
  const owners = new Map<number, number>();
  const suspected = new Set<number>();
  for await (const page of store.entries(source)) {
    for (const { threepid, mxid } of page.flatMap(claimsIn)) {
      const [key, owner] = [shortHash(keyOf(threepid)), shortHash(mxid)];
      const known = owners.get(key);
      if (known === undefined) owners.set(key, owner);
      else if (known !== owner) suspected.add(key);
    }
  }
  if (suspected.size === 0) return [];
  const found = new Map<string, { threepid: Threepid; claimants: { mxid: Mxid; label: string }[] }>();
  for await (const page of store.entries(source)) {
    for (const { threepid, mxid, label } of page.flatMap(claimsIn)) {
      const key = keyOf(threepid);
      if (!suspected.has(shortHash(key))) continue;
      const record = found.get(key) ?? { threepid, claimants: [] };
      record.claimants.push({ mxid, label });
      found.set(key, record);
    }
  }
  // Two addresses may have the same short hash.
  return [...found.values()]
    .filter(({ claimants: [first, ...more] }) => more.some(({ mxid }) => mxid !== first?.mxid))
    .slice(0, most);
}

const claimsIn = ({ label, person }: MirroredEntry) =>
  person ? person.threepids.map((threepid) => ({ threepid, mxid: person.mxid, label })) : [];

/** 53 bits, not for security. */
function shortHash(text: string): number {
  let [low, high] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 2_654_435_761);
    high = Math.imul(high ^ code, 1_597_334_677);
  }
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & high) + (low >>> 0);
}
