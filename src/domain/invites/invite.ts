import type { Threepid } from '../identifiers/threepid.js';
import type { Mxid } from '../identifiers/mxid.js';

/** An invitation to a person without an account, waiting until its address is bound. Spec: "Invitation storage". */
export interface StoredInvite {
  /** The identifier of the invitation, also its state key in the room. */
  readonly token: string;
  readonly threepid: Threepid;
  readonly roomId: string;
  readonly sender: Mxid;
  /** Unpadded standard base64. The private key is only in the mail. */
  readonly ephemeralPublicKey: string;
  /** The id of the long-term key that was returned with the invitation and must sign its delivery. */
  readonly keyId: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** When it was handed over for delivery, ms since the epoch; `undefined` while it waits. */
  readonly deliveredAt: number | undefined;
  /** When the homeserver of the invitee accepted it, ms since the epoch. */
  readonly confirmedAt?: number;
  /**
   * Why it was not accepted. If it was handed over: why the homeserver permanently refused it. If it waits: why it
   * waits again, or why its mail could not be sent.
   */
  readonly failure?: string;
  /**
   * When a backup with this invitation was restored, ms since the epoch; absent if it did not come from a backup. It may
   * have been delivered between the backup and the restore.
   */
  readonly restoredAt?: number;
}
