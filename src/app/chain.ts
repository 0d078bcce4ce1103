import { BINDINGS } from '../domain/association.js';
import type { MirroredDirectory } from '../domain/mirrors.js';
import type { FollowedPepper } from '../ports/followed-pepper.js';
import type { ThreepidSource } from '../ports/threepid-source.js';

/**
 * One stage of the chain as configured. A directory that may be listed is mirrored; the pepper of an
 * upstream that takes part in hashed lookups is followed; our own bindings are a stage like the others.
 */
export type Stage =
  | {
      readonly source: ThreepidSource;
      readonly mirror?: MirroredDirectory & { readonly everyMs: number };
      readonly followed?: FollowedPepper;
    }
  | typeof BINDINGS;

/** The mirrored directories among the stages. */
export const mirroredIn = (stages: readonly Stage[]) =>
  stages.flatMap((stage) => (stage !== BINDINGS && stage.mirror ? stage.mirror : []));

/** The pepper to be announced as ours, if one of the stages has such. */
export const followedIn = (stages: readonly Stage[]): FollowedPepper | undefined =>
  stages.flatMap((stage) => (stage !== BINDINGS && stage.followed ? stage.followed : []))[0];
