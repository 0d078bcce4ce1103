import type { Medium, Threepid } from '../domain/threepid.js';
import type { ReadPreferences } from '../domain/messages.js';

/** What can be sent, with everything its texts may name. */
export type Message =
  | {
      readonly kind: 'validation';
      readonly token: string;
      readonly link: string;
      readonly preferences: ReadPreferences;
    }
  | {
      readonly kind: 'invite';
      readonly link: string;
      readonly invite: InviteDetails;
      readonly preferences: ReadPreferences;
    };

/** Words of other people: each is untrusted, of any length, and may be missing. */
export interface InviteDetails {
  readonly sender: string;
  readonly senderDisplayName: string | undefined;
  readonly roomName: string | undefined;
  readonly roomAlias: string | undefined;
  readonly roomAvatarUrl: string | undefined;
  readonly roomType: string | undefined;
}

/** Brings messages to one medium. */
export abstract class Sender {
  abstract readonly medium: Medium;

  /** Resolves when the next hop has accepted the message; rejects if it was refused or took too long. */
  abstract send(to: Threepid, message: Message): Promise<void>;
}
