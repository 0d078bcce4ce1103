import type { Accounts } from '../domain/accounts.js';
import type { Bindings } from '../domain/bindings.js';
import type { Invites } from '../domain/invites.js';
import type { Lookups } from '../domain/lookups.js';
import type { Mirrors } from '../domain/mirrors.js';
import type { Operations } from '../domain/operations.js';
import type { Quotas } from '../domain/quotas.js';
import type { RequestAuth } from '../domain/request-auth.js';
import type { Sessions } from '../domain/sessions.js';
import type { Terms } from '../domain/terms.js';
import type { Signer } from '../ports/signer.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Sync } from './syncs.js';

/** What the edges of the house call: routes, jobs, commands. */
export interface Services {
  readonly accounts: Accounts;
  readonly terms: Terms;
  readonly requestAuth: RequestAuth;
  readonly sessions: Sessions;
  readonly lookups: Lookups;
  readonly bindings: Bindings;
  readonly invites: Invites;
  readonly mirrors: Mirrors;
  /** Syncs a mirror and does what follows from it; unlike `mirrors.sync`, which only does the first. */
  readonly sync: Sync;
  readonly operations: Operations;
  readonly quotas: Quotas;
  readonly signer: Signer;
  readonly telemetry: Telemetry;
}
