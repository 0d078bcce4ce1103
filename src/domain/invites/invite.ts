import type { Threepid } from '../identifiers/threepid.js';
import type { Mxid } from '../identifiers/mxid.js';

/** An invitation to somebody without an account yet, waiting for its address to be bound. Spec: "Invitation storage". */
export interface StoredInvite {
  /** The state key of the room's invitation, and all that names it. */
  readonly token: string;
  readonly threepid: Threepid;
  readonly roomId: string;
  readonly sender: Mxid;
  /** Unpadded standard base64. Its private half stands in the mail only. */
  readonly ephemeralPublicKey: string;
  /** The id of the long-term key that was handed out with it and has to sign its delivery. */
  readonly keyId: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** When it was handed over for delivery, ms since the epoch; `undefined` while it waits. */
  readonly deliveredAt: number | undefined;
  /** When the homeserver of the invitee took it, ms since the epoch. */
  readonly confirmedAt?: number;
  /**
   * Why it was not taken: of one that was handed over, why the homeserver refused it for good; of one that
   * waits, why it waits again or could not be mailed.
   */
  readonly failure?: string;
}
