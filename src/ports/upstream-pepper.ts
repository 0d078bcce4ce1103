import type { ViaPath } from './threepid-source.js';

/** The pepper of another identity server that we announce as our own. */
export abstract class UpstreamPepper {
  /** The name of the `ThreepidSource` that answers hashes under it. */
  abstract readonly name: string;

  /**
   * The pepper now, asked anew at each call.
   *
   * @throws Error in words for the operator if it cannot be learned, or is none that can be announced
   */
  abstract current(): Promise<string>;

  /**
   * The names of the identity servers by which the pepper that `current` told last has come, the one
   * that made it first: servers can follow each other in a circle. Empty where that is not said.
   */
  abstract readonly viaPath: ViaPath;

  /** Calls back when a lookup meets another pepper than `current` told last, until `close`. */
  abstract onChange(listener: () => void): { close(): void };
}
