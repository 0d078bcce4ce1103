import type { Model } from '../model.js';
import type { SeededRandom } from '../random.js';
import type { World } from '../world.js';

export interface Scene {
  readonly world: World;
  readonly model: Model;
  readonly random: SeededRandom;
}

/** Repairs that must happen after the promises were compared. */
export type Afterwards = () => Promise<void>;

/** An event in the middle of a cycle. When it ends, everything that was broken is repaired. */
export interface Incident {
  readonly name: string;
  readonly happen: (scene: Scene) => Promise<void | Afterwards>;
}

/** Incidents of one kind; the kind is drawn first. */
export interface Group {
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
  readonly incidents: readonly Incident[];
}
