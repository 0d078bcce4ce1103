import type { Claim } from '../../domain/associations/claim.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Medium } from '../../domain/identifiers/threepid.js';

/**
 * Encodes claims as one string for another thread: transferring a thousand objects costs several times as much. No part
 * of a claim contains NUL.
 */
export function packClaims(claims: readonly Claim[]): string {
  const parts: string[] = [];
  for (const { threepid, mxid, isCollision } of claims) {
    parts.push(mxid, isCollision ? '!' : '', threepid.medium, threepid.address, threepid.alias ?? '');
  }
  return parts.join('\0');
}

export function* unpackClaims(text: string): Iterable<Claim> {
  const parts = text.split('\0');
  for (let at = 0; at + 4 < parts.length; at += 5) {
    const [mxid, isCollision, medium, address, alias] = parts.slice(at, at + 5) as [
      Mxid,
      string,
      Medium,
      string,
      string,
    ];
    const threepid = { medium, address, ...(alias !== '' && { alias }) };
    yield { threepid, mxid, ...(isCollision !== '' && { isCollision: true }) };
  }
}
