import type { Medium, Threepid } from '../domain/identifiers/threepid.js';
import type { ReadPreferences } from '../domain/shared/message-preferences.js';

/** The messages that can be sent, with all values that their templates may use. */
export type Message =
  | {
      readonly kind: 'validation';
      /**
       * Identifies retries of the same message, so that receivers can detect duplicates. Absent: duplicates cannot be
       * detected.
       */
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

/** Text from other people: untrusted, of any length, and possibly missing. */
export interface InviteDetails {
  readonly sender: string;
  readonly senderDisplayName: string | undefined;
  /** Avatars are `mxc:` URLs, which mail programs cannot show. */
  readonly senderAvatarUrl?: string | undefined;
  readonly roomName: string | undefined;
  readonly roomAlias: string | undefined;
  readonly roomAvatarUrl: string | undefined;
  readonly roomType: string | undefined;
  /** The token of the invitation. */
  readonly token?: string | undefined;
}

/** The next hop did not accept the message. The text names the hop and the reason, and contains no address. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';

  constructor(
    /** `mail server relay.example.org:25` */
    readonly endpoint: string,
    /** `certificate is not trusted`, `said: 550 5.1.1 User unknown` */
    readonly reason: string,
    /** Whether the failure is permanent: the same message would be refused again. */
    readonly isFinal = false,
    options: ErrorOptions & { readonly advice?: string } = {},
  ) {
    super(`${endpoint}: ${reason}`, options);
    this.advice = options.advice;
  }

  /** Reason or advice for the requester of the message; it must not mention the operator's hosts. */
  readonly advice: string | undefined;

  /** Whether the hop works but refused this message. */
  get isAnswer(): boolean {
    return this.reason.startsWith('said: ');
  }
}

/** Sends messages over one medium. */
export abstract class MessageSender {
  abstract readonly medium: Medium;

  /** Whether messages to this address may be sent. Absent: all addresses are allowed. */
  sendsTo?(to: Threepid): boolean;

  /**
   * Resolves when the next hop has accepted the message.
   *
   * @throws DeliveryError if the message was refused or the request timed out; after a timeout it may have been
   *   accepted
   * @throws DomainError `destination_rejected` if messages to this address are not allowed
   */
  abstract send(to: Threepid, message: Message): Promise<void>;
}
