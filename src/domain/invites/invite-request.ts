import type { InviteDetails } from '../../ports/message-sender.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Asker } from '../rate-limiting/asker.js';
import type { Cause } from '../shared/cause.js';
import type { ReadPreferences } from '../shared/message-preferences.js';

export interface InviteRequest {
  readonly asker: Asker;
  readonly medium: string;
  readonly address: string;
  readonly roomId: string;
  readonly sender: Mxid;
  readonly details: InviteDetails;
  /** The web client that the homeserver requested for the link in the mail. */
  readonly webClient: string | undefined;
  readonly preferences: ReadPreferences;
  /** For the audit trail. */
  readonly cause?: Cause;
}

/** The data from which a homeserver creates the invitation in its room. */
export interface InviteTicket {
  readonly token: string;
  /** The redacted address of the invitee, visible to others. */
  readonly displayName: string;
  readonly longTermKey: string;
  readonly ephemeralKey: string;
}
