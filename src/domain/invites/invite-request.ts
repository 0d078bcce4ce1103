import type { InviteDetails } from '../../ports/message-sender.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Asker } from '../rate-limiting/asker.js';
import type { ReadPreferences } from '../shared/message-preferences.js';

export interface InviteRequest {
  readonly asker: Asker;
  readonly medium: string;
  readonly address: string;
  readonly roomId: string;
  readonly sender: Mxid;
  readonly details: InviteDetails;
  /** The web client that the homeserver wants the mail to link to. */
  readonly webClient: string | undefined;
  readonly preferences: ReadPreferences;
}

/** What a homeserver needs to make an invitation of it. */
export interface InviteTicket {
  readonly token: string;
  /** The invitee's address, for others to see. */
  readonly displayName: string;
  readonly longTermKey: string;
  readonly ephemeralKey: string;
}
