import type { Signer } from '../../ports/signer.js';
import type { JsonObject } from '../signing/canonical-json.js';
import type { StoredInvite } from './invite.js';

/**
 * An invitation as delivered to the homeserver of its user. Only one key signs it, the one that was returned for the
 * invitation: Synapse rejects the key at the first signature that does not verify.
 */
export async function signedInvite(
  { threepid: { medium, address }, token, roomId, sender, keyId }: StoredInvite,
  mxid: string,
  signer: Signer,
): Promise<JsonObject> {
  const signed = await signer.sign({ mxid, token }, keyId);
  return { medium, address, mxid, room_id: roomId, sender, token, signed };
}
