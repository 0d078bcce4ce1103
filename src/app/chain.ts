import { BINDINGS } from '../domain/association.js';
import type { MirroredDirectory } from '../domain/mirrors.js';
import type { ThreepidSource } from '../ports/threepid-source.js';

/**
 * One stage of the chain as configured. A directory that may be listed is mirrored; our own bindings
 * are a stage like the others.
 */
export type Stage =
  | { readonly source: ThreepidSource; readonly mirror?: MirroredDirectory & { readonly everyMs: number } }
  | typeof BINDINGS;

/** The mirrored directories among the stages. */
export const mirroredIn = (stages: readonly Stage[]) =>
  stages.flatMap((stage) => (stage !== BINDINGS && stage.mirror ? stage.mirror : []));
