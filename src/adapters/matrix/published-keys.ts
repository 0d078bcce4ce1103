import type { JsonObject } from '../../domain/signing/canonical-json.js';
import type { Signer } from '../../ports/signer.js';

/** Spec: "Servers MUST use the lesser of `valid_until_ts` and 7 days into the future". */
const LONGEST_LIFE_MS = 7 * 24 * 60 * 60 * 1000;

/** The published keys of a homeserver, after verification. */
export interface PublishedKeys {
  /** Public keys by id that are currently valid for requests, unpadded standard base64. */
  readonly keys: ReadonlyMap<string, string>;
  /** ms since the epoch. */
  readonly validUntil: number;
}

/**
 * Reads a response of `/_matrix/key/v2/server`: it must be about this homeserver, be signed by its own keys, and not
 * have expired. Spec: Server-Server API, "Publishing keys".
 *
 * @throws an Error whose message completes "the answer is not valid: …"
 */
export async function readPublishedKeys(
  homeserver: string,
  content: JsonObject,
  signer: Pick<Signer, 'verify'>,
  now: number,
): Promise<PublishedKeys> {
  const { server_name, valid_until_ts } = content;
  if (server_name !== homeserver) throw new Error('it contains the keys of another server');
  const keys = verifyKeysIn(content);
  if (keys.size === 0) throw new Error('it contains no ed25519 key');
  await checkSignatures(homeserver, content, keys, signer);
  if (typeof valid_until_ts !== 'number') throw new Error('it does not say how long the keys are valid');
  const validUntil = Math.min(valid_until_ts, now + LONGEST_LIFE_MS);
  if (validUntil <= now) throw new Error('the keys have expired');
  return { keys, validUntil };
}

function verifyKeysIn(content: JsonObject): ReadonlyMap<string, string> {
  const found = Object.entries(asObject(content['verify_keys'])).flatMap(([keyId, value]) => {
    const key = asObject(value)['key'];
    const isKey = keyId.startsWith('ed25519:') && typeof key === 'string' && /^[A-Za-z0-9+/]{43}=?$/.test(key);
    return isKey ? [[keyId, key.replace('=', '')] as const] : [];
  });
  return new Map(found);
}

/** At least one key must have signed, and no signature of a known key may be wrong. */
async function checkSignatures(
  homeserver: string,
  content: JsonObject,
  keys: ReadonlyMap<string, string>,
  signer: Pick<Signer, 'verify'>,
): Promise<void> {
  const signatures = asObject(asObject(content['signatures'])[homeserver]);
  const signed = Object.entries(signatures).filter(([keyId]) => keys.has(keyId));
  if (signed.length === 0) throw new Error('it is not signed with its own keys');
  for (const [keyId, signature] of signed) {
    const isRight = typeof signature === 'string' && (await signer.verify(content, signature, keys.get(keyId) ?? ''));
    if (!isRight) throw new Error('its signature is wrong');
  }
}

const asObject = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
