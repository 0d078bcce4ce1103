import { BINDINGS } from '../../domain/associations/binding.js';
import type { MirroredDirectory } from '../../domain/mirror/mirror-service.js';
import type { UpstreamPepper } from '../../ports/upstream-pepper.js';
import type { ThreepidSource } from '../../ports/threepid-source.js';

interface Timetable {
  /** The interval of full syncs. */
  readonly everyMs: number;
  /** The interval of incremental syncs. Absent for none. */
  readonly changesEveryMs?: number;
}

/**
 * One source of the chain as configured. A directory that can be listed has a mirror. An upstream that takes
 * part in hashed lookups provides its pepper. Islet's own bindings are also a source.
 */
export type ConfiguredSource =
  | {
      readonly source: ThreepidSource;
      readonly mirror?: MirroredDirectory & Timetable;
      readonly followed?: UpstreamPepper;
      /** Whether only people with an account are returned. */
      readonly checksAccounts?: boolean;
    }
  | typeof BINDINGS;

/** The mirrored directories among the sources. */
export const mirroredIn = (configuredSources: readonly ConfiguredSource[]) =>
  configuredSources.flatMap((configured) => (configured !== BINDINGS && configured.mirror ? configured.mirror : []));

/** The upstream whose pepper is announced as the pepper of this server, if there is one. */
export const followedIn = (configuredSources: readonly ConfiguredSource[]): UpstreamPepper | undefined =>
  configuredSources.flatMap((configured) =>
    configured !== BINDINGS && configured.followed ? configured.followed : [],
  )[0];

/** The sources that return only people with an account. */
export const checkedIn = (configuredSources: readonly ConfiguredSource[]) =>
  configuredSources.filter((configured) => configured !== BINDINGS && configured.checksAccounts === true);
