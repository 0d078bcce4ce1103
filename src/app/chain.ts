import { BINDINGS } from '../domain/association.js';
import type { MirroredDirectory } from '../domain/mirrors.js';
import type { FollowedPepper } from '../ports/followed-pepper.js';
import type { ThreepidSource } from '../ports/threepid-source.js';

interface Timetable {
  /** How often everything is read. */
  readonly everyMs: number;
  /** How often what changed is asked for in between. Absent: never. */
  readonly changesEveryMs?: number;
}

/**
 * One stage of the chain as configured. A directory that may be listed is mirrored; the pepper of an
 * upstream that takes part in hashed lookups is followed; our own bindings are a stage like the others.
 */
export type Stage =
  | {
      readonly source: ThreepidSource;
      readonly mirror?: MirroredDirectory & Timetable;
      readonly followed?: FollowedPepper;
      /** Whether its people are answered only if they have an account. */
      readonly checksAccounts?: boolean;
    }
  | typeof BINDINGS;

/** The mirrored directories among the stages. */
export const mirroredIn = (stages: readonly Stage[]) =>
  stages.flatMap((stage) => (stage !== BINDINGS && stage.mirror ? stage.mirror : []));

/** The pepper to be announced as ours, if one of the stages has such. */
export const followedIn = (stages: readonly Stage[]): FollowedPepper | undefined =>
  stages.flatMap((stage) => (stage !== BINDINGS && stage.followed ? stage.followed : []))[0];

/** The stages whose people are answered only if they have an account. */
export const checkedIn = (stages: readonly Stage[]) =>
  stages.filter((stage) => stage !== BINDINGS && stage.checksAccounts === true);
