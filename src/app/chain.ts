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

/** The stages in the order in which they are asked; our own bindings come last unless they are placed. */
export const withBindings = (stages: readonly Stage[]): readonly Stage[] =>
  stages.includes(BINDINGS) ? stages : [...stages, BINDINGS];

/** The mirrored directories among the stages. */
export const mirroredIn = (stages: readonly Stage[]) =>
  stages.flatMap((stage) => (stage !== BINDINGS && stage.mirror ? stage.mirror : []));
