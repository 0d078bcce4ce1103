import type { Medium, Threepid } from '../domain/identifiers/threepid.js';
import type { ReadPreferences } from '../domain/shared/message-preferences.js';

/** What can be sent, with everything its texts may name. */
export type Message =
  | {
      readonly kind: 'validation';
      /** The same for a message that is tried again, and no other: receivers know a duplicate by it. Absent: nobody can. */
      readonly id?: string;
      readonly token: string;
      readonly link: string;
      readonly preferences: ReadPreferences;
    }
  | {
      readonly kind: 'invite';
      /** As for a validation. */
      readonly id?: string;
      readonly link: string;
      readonly invite: InviteDetails;
      /** Further invitations that had no mail of their own, the newest first. */
      readonly others?: readonly { readonly link: string; readonly invite: InviteDetails }[];
      readonly preferences: ReadPreferences;
    };

/** Words of other people: each is untrusted, of any length, and may be missing. */
export interface InviteDetails {
  readonly sender: string;
  readonly senderDisplayName: string | undefined;
  /** Avatars are `mxc:` URLs, which mail programs cannot show. */
  readonly senderAvatarUrl?: string | undefined;
  readonly roomName: string | undefined;
  readonly roomAlias: string | undefined;
  readonly roomAvatarUrl: string | undefined;
  readonly roomType: string | undefined;
  /** The invitation's own. */
  readonly token?: string | undefined;
}

/** A message that the next hop did not accept. Its text names the hop and the reason, and no address. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';

  constructor(
    /** `mail server relay.example.org:25` */
    readonly endpoint: string,
    /** `certificate is not trusted`, `said: 550 5.1.1 User unknown` */
    readonly reason: string,
    /** Whether the hop has decided: the same message would be refused again. */
    readonly isFinal = false,
    options: ErrorOptions & { readonly advice?: string } = {},
  ) {
    super(`${endpoint}: ${reason}`, options);
    this.advice = options.advice;
  }

  /** Reason or advice for the requester of the message; it must not mention the operator's hosts. */
  readonly advice: string | undefined;

  /** Whether the hop works, and said no to this message. */
  get isAnswer(): boolean {
    return this.reason.startsWith('said: ');
  }
}

/** Brings messages to one medium. */
export abstract class MessageSender {
  abstract readonly medium: Medium;

  /** Whether messages to this address are sent from here at all. Absent: to all. */
  sendsTo?(to: Threepid): boolean;

  /**
   * Resolves when the next hop has accepted the message.
   *
   * @throws DeliveryError if it was refused or took too long; after too long it may have been accepted
   * @throws DomainError `destination_rejected` if messages to this address are not sent from here
   */
  abstract send(to: Threepid, message: Message): Promise<void>;
}
