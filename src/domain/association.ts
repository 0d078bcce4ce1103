import type { Mxid } from './mxid.js';
import type { Threepid } from './threepid.js';

/** One threepid and the user behind it. */
export interface Association {
  readonly threepid: Threepid;
  readonly mxid: Mxid;
}

/** A source knows this threepid but cannot say whose it is: nobody is answered and no later source is asked. */
export interface Contested {
  readonly threepid: Threepid;
  /** Who lays claim to it, in words for the operator: distinguished names, user IDs. */
  readonly contestedBy: readonly string[];
}

/** What one source says of one threepid it knows. */
export type Finding = Association | Contested;

export const isContested = (finding: Finding): finding is Contested => 'contestedBy' in finding;

/** The same, where only a hash was asked. */
export const CONTESTED = Symbol('contested');

/** The name of our own bindings as a source. */
export const BINDINGS = 'bindings';

/** Why a binding of ours answers nobody: the directory that knew its user knows this person no longer. */
export interface Suspension {
  /** ms since the epoch */
  readonly since: number;
  readonly source: string;
}

/** An association that its user proved to us: published until it is unbound or `notAfter` has passed. */
export interface Binding extends Association {
  /** When it was bound, ms since the epoch. */
  readonly boundAt: number;
  /** Valid from and until, ms since the epoch, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Why it answers nobody for now; absent while it does answer. */
  readonly suspended?: Suspension;
}

/** Sydent's figure for "for ever": 100 years of 365 days. */
export const BINDING_LIFETIME_MS = 100 * 365 * 24 * 60 * 60 * 1000;
