import type { Mxid } from '../identifiers/mxid.js';
import type { Medium } from '../identifiers/threepid.js';
import type { Claim } from './claim.js';

/**
 * Claims as JSON: an array of `[mxid, medium, address, alias, isCollision]`; the last two may be missing or null. A
 * database writes it faster than a driver makes objects, and another thread receives it as one string.
 */
export type ClaimText = string;

/** Claims that are read together. */
export type ClaimPage = readonly Claim[] | ClaimText;

type Values = readonly [
  mxid: Mxid,
  medium: Medium,
  address: string,
  alias?: string | null,
  isCollision?: boolean | null,
];

export const claimText = (claims: readonly Claim[]): ClaimText => JSON.stringify(claims.map(valuesOf));

export const claimsOf = (page: ClaimPage): readonly Claim[] =>
  typeof page === 'string' ? (JSON.parse(page) as readonly Values[]).map(claimFrom) : page;

function valuesOf({ mxid, threepid: { medium, address, alias }, isCollision }: Claim): Values {
  if (isCollision) return [mxid, medium, address, alias ?? null, true];
  return alias === undefined ? [mxid, medium, address] : [mxid, medium, address, alias];
}

function claimFrom([mxid, medium, address, alias, isCollision]: Values): Claim {
  const threepid = typeof alias === 'string' ? { medium, address, alias } : { medium, address };
  return isCollision ? { threepid, mxid, isCollision } : { threepid, mxid };
}
