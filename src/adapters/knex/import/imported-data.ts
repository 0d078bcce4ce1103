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

/** The data of another identity server, in Islet's types. */
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

/** Rows that are not imported for the same reason. */
export interface LeftOut {
  readonly table: string;
  readonly reason: string;
  readonly count: number;
  /** Ids of some of the rows, to find them in the other database. No addresses: reports may be shared. */
  readonly rows: readonly string[];
}

const ROWS_NAMED = 5;

/** Collects skipped rows by table and reason. */
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

/** A database is not of the expected kind, or does not match this server. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly code = 'import_refused';
}
