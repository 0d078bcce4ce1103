import type { Association } from './association.js';

/** The source name of the bindings stored by this server. */

export const BINDINGS = 'bindings';

/** Why a binding is not answered: the directory that knew its user no longer contains this person. */
export interface Suspension {
  /** ms since the epoch */
  readonly since: number;
  readonly source: string;
}

/** An association that the user has proven to this server: published until it is unbound or `notAfter` has passed. */
export interface Binding extends Association {
  /** When it was bound, ms since the epoch. */
  readonly boundAt: number;
  /** Valid from and until, ms since the epoch, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Why it is not answered at the moment; absent if it is answered. */
  readonly suspended?: Suspension;
}

/** Sydent's value for "forever": 100 years of 365 days. */
export const BINDING_LIFETIME_MS = 100 * 365 * 24 * 60 * 60 * 1000;
