import type { ThreepidColumns } from './rows.js';

/** A session that is looked for. */
export interface Wanted {
  readonly medium: string;
  readonly address: string;
  readonly clientSecret: string;
  /** What the client secret is stored as, with each key. */
  readonly references: readonly string[];
}

/** A session that is added with the right to send its token. */
export interface Added {
  readonly row: NewRow;
  readonly aliveSince: number;
}

/** An attempt whose token was sent. */
export interface Sent {
  readonly sid: string;
  readonly attempt: number;
  readonly nextLink: string | undefined;
  /** Whether the session was added for this attempt. */
  readonly isNew: boolean;
}

/** Equal for rows of which the table has only one. */
export const conflictKey = ({ medium, address, client_secret }: Added['row']): string =>
  JSON.stringify([medium, address, client_secret]);

export interface Row extends ThreepidColumns {
  readonly sid: string;
  /** A reference; for unsealed rows the secret itself. */
  readonly client_secret: string;
  readonly sealed_client_secret: string | null;
  /** Empty; for unsealed rows the token itself. */
  readonly token: string;
  readonly sealed_token: string | null;
  readonly send_attempt: number;
  readonly next_link: string | null;
  readonly validated_at: number | null;
  readonly opened_at: number;
  readonly opened_by: string | null;
  readonly modified_at: number;
  readonly guesses: number;
}

/** A row that is added: without guesses, and with the attempt that is being sent, if there is one. */
export interface NewRow extends Omit<Row, 'guesses'> {
  readonly sending_attempt?: number;
  /** ms since the epoch */
  readonly sending_at?: number;
}
