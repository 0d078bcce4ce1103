import type { Association } from './association.js';

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
