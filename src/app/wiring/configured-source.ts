import { BINDINGS } from '../../domain/associations/binding.js';
import type { MirroredDirectory } from '../../domain/mirror/mirror-service.js';
import type { UpstreamPepper } from '../../ports/upstream-pepper.js';
import type { ThreepidSource } from '../../ports/threepid-source.js';

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
export type ConfiguredSource =
  | {
      readonly source: ThreepidSource;
      readonly mirror?: MirroredDirectory & Timetable;
      readonly followed?: UpstreamPepper;
      /** Whether its people are answered only if they have an account. */
      readonly checksAccounts?: boolean;
    }
  | typeof BINDINGS;

/** The mirrored directories among the stages. */
export const mirroredIn = (configuredSources: readonly ConfiguredSource[]) =>
  configuredSources.flatMap((configured) => (configured !== BINDINGS && configured.mirror ? configured.mirror : []));

/** The pepper to be announced as ours, if one of the stages has such. */
export const followedIn = (configuredSources: readonly ConfiguredSource[]): UpstreamPepper | undefined =>
  configuredSources.flatMap((configured) =>
    configured !== BINDINGS && configured.followed ? configured.followed : [],
  )[0];

/** The stages whose people are answered only if they have an account. */
export const checkedIn = (configuredSources: readonly ConfiguredSource[]) =>
  configuredSources.filter((configured) => configured !== BINDINGS && configured.checksAccounts === true);
