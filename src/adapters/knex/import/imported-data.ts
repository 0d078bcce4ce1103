import type { Binding } from '../../../domain/associations/binding.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import type { StoredInvite } from '../../../domain/invites/invite.js';
import type { ValidationSession } from '../../../domain/validation/validation-session.js';

export interface ImportedToken {
  readonly accessToken: string;
  readonly mxid: Mxid;
  /** ms since the epoch. */
  readonly createdAt: number;
}

export interface ImportedTerms {
  readonly mxid: Mxid;
  readonly url: string;
  /** ms since the epoch. */
  readonly acceptedAt: number;
}

/** What another identity server has, in our terms. */
export interface ImportedData {
  readonly bindings: readonly Binding[];
  readonly invites: readonly StoredInvite[];
  /** Unpadded standard base64. */
  readonly ephemeralKeys: readonly string[];
  readonly tokens: readonly ImportedToken[];
  readonly terms: readonly ImportedTerms[];
  readonly sessions: readonly ValidationSession[];
  readonly pepper: string | undefined;
  readonly leftOut: readonly LeftOut[];
}

/** Rows that are not taken, all for one reason. */
export interface LeftOut {
  readonly table: string;
  readonly reason: string;
  readonly count: number;
  /** Ids of some of the rows, to look them up in the other database. No addresses: reports are passed on. */
  readonly rows: readonly string[];
}

const ROWS_NAMED = 5;

/** Collects what is left out, by table and reason. */
export class LeftOutRows {
  private readonly found = new Map<string, { table: string; reason: string; count: number; rows: string[] }>();

  add(table: string, reason: string, row: unknown): undefined {
    const key = `${table}\n${reason}`;
    const entry = this.found.get(key) ?? { table, reason, count: 0, rows: [] };
    entry.count++;
    if (entry.rows.length < ROWS_NAMED) entry.rows.push(String(row));
    this.found.set(key, entry);
    return undefined;
  }

  list(): readonly LeftOut[] {
    return [...this.found.values()];
  }
}

/** A database is not what it was said to be, or not the one that belongs here. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly code = 'import_refused';
}
