import { parseServerName } from './server-name.js';
import { isPrintable } from '../shared/printable.js';

/** A Matrix user ID. Spec: appendix "User identifiers". */
export type Mxid = `@${string}:${string}`;

const MAX_BYTES = 255;

/**
 * Parses any user ID that may exist, including historical ones; `undefined` for everything else. Untrusted homeservers
 * choose user IDs, so characters that could affect their display are rejected.
 */
export function parseMxid(text: string): Mxid | undefined {
  if (!text.startsWith('@') || Buffer.byteLength(text) > MAX_BYTES) return undefined;
  const colon = text.indexOf(':');
  if (colon < 0 || !isPrintable(text) || !text.isWellFormed()) return undefined;
  return parseServerName(text.slice(colon + 1)) ? (text as Mxid) : undefined;
}

/** Composes a user ID that a homeserver would create today; `undefined` if the parts do not form one. */
export function composeMxid(localpart: string, homeserver: string): Mxid | undefined {
  if (homeserver !== validServer) {
    if (!parseServerName(homeserver)) return undefined;
    validServer = homeserver;
  }
  if (!/^[a-z0-9._=\-/+]+$/.test(localpart)) return undefined;
  const mxid = `@${localpart}:${homeserver}` as const;
  return Buffer.byteLength(mxid) > MAX_BYTES ? undefined : mxid;
}

/** The server name that was found valid last: the people of a directory all have the same one. */
let validServer: string | undefined;

/** A room ID of any room version, or an event ID in its place, as in the specification. Spec: appendix "Room IDs". */
export const isRoomId = (text: string): boolean =>
  /^[!$]\S+$/.test(text) && Buffer.byteLength(text) <= MAX_BYTES && isPrintable(text);

/** The homeserver of a user. User IDs are split at the first colon. */
export const homeserverOf = (mxid: Mxid): string => mxid.slice(mxid.indexOf(':') + 1);

/**
 * The localpart that Synapse derives from a user name: A-Z in lower case; every other character outside its alphabet,
 * `=` and a leading `_` as `=xx` per UTF-8 byte. Spec: appendix "Mapping from other character sets".
 */
export function localpartOf(username: string): string {
  if (/^[a-z0-9.\-/+][a-z0-9._\-/+]*$/.test(username)) return username;
  let localpart = '';
  for (const byte of Buffer.from(username)) {
    const character = String.fromCharCode(byte);
    if (byte >= 0x41 && byte <= 0x5a) localpart += character.toLowerCase();
    else if (/[a-z0-9._\-/+]/.test(character)) localpart += character;
    else localpart += `=${byte.toString(16).padStart(2, '0')}`;
  }
  return localpart.startsWith('_') ? `=5f${localpart.slice(1)}` : localpart;
}
