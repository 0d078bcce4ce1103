import type { MirrorState } from '../../../domain/directory/mirror-state.js';

/**
 * `starting`: it has not had an answer yet. `degraded`: it fails, and the server goes on without it or with what it has.
 * `down`: without it, requests cannot be served.
 */
export type PartState = 'ok' | 'starting' | 'degraded' | 'down';

/** A part of the server or of its surroundings: `database`, `pepper`, `mirror staff`, `upstream partner`. */
export interface HealthPart {
  readonly part: string;
  readonly state: PartState;
  /** When it got into this state, or when this was first seen, ms since the epoch. */
  readonly since: number;
  /** Why it is not `ok`. */
  readonly why?: string;
}

/** The observed state of a part. `since` is absent if it is known only from the observed changes. */
export type SeenPart = Omit<HealthPart, 'since'> & { readonly since?: number | undefined };

/** Remembers since when each part has been in its state, as far as this was observed. */
export class PartHistory {
  private readonly parts = new Map<string, HealthPart>();

  note({ part, state, why, since }: SeenPart, now: number): HealthPart {
    const before = this.parts.get(part);
    const first = before?.state === state ? before.since : now;
    const noted = { part, state, since: since ?? first, ...(why !== undefined && { why }) };
    this.parts.set(part, noted);
    return noted;
  }

  /** The last record of a part that cannot be observed at the moment. */
  last(part: string): HealthPart | undefined {
    return this.parts.get(part);
  }
}

/** The state of a mirror. One that was never read is `starting` until the end of the first attempt to read it. */
export function mirrorPart(name: string, { syncedAt, failure }: MirrorState): SeenPart {
  const part = `mirror ${name}`;
  if (failure) {
    const why = syncedAt === undefined ? `it was never read: ${failure.reason}` : failure.reason;
    return { part, state: 'degraded', why, since: failure.since ?? failure.at };
  }
  return syncedAt === undefined
    ? { part, state: 'starting', why: 'its first sync has not ended' }
    : { part, state: 'ok' };
}

/**
 * The state of the server: that of its worst part, but only the database takes it `down`, and what else is missing
 * degrades it. It is `starting` until hashes can be answered, and on its first start until its directories are read:
 * before that, nobody would be found. A directory that is added later does not take a server out of service.
 *
 * @param isFirstRead whether no mirror was ever read when the process started
 * @param isRead whether any is read by now
 */
export function stateOf(parts: readonly HealthPart[], isFirstRead: boolean, isRead: boolean): PartState {
  const isIn = (state: PartState, kind: string) =>
    parts.some((entry) => entry.state === state && entry.part.startsWith(kind));
  if (isIn('down', '')) return 'down';
  if (isIn('starting', 'pepper')) return 'starting';
  if (isFirstRead && (isIn('starting', 'mirror ') || (!isRead && isIn('degraded', 'mirror ')))) return 'starting';
  return parts.every(({ state }) => state === 'ok') ? 'ok' : 'degraded';
}
