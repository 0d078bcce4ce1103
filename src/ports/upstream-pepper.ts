import type { ViaPath } from './threepid-source.js';

/** The pepper of another identity server, announced by this server as its own. */
export abstract class UpstreamPepper {
  /** The name of the `ThreepidSource` that answers hashes under this pepper. */
  abstract readonly name: string;

  /**
   * The current pepper; each call makes a new request.
   *
   * @throws Error with a message for the operator if the request fails, or the pepper cannot be announced
   */
  abstract current(): Promise<string>;

  /**
   * The names of the identity servers through which the last pepper from `current` came, the server that created it
   * first. Servers can follow each other in a circle. Empty if the upstream does not report them.
   */
  abstract readonly viaPath: ViaPath;

  /**
   * Calls `listener` when a lookup returns a pepper other than the last one from `current`, until `close` is called.
   */
  abstract onChange(listener: () => void): { close(): void };
}
