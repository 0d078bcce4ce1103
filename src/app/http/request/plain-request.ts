import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request as endpoints need it that do without Express. Requests of Express have the same properties. */
export interface PlainRequest extends IncomingMessage {
  /** The bytes of the body; absent if there is none. */
  body?: unknown;
  /** The response to this request. */
  res?: ServerResponse | undefined;
}

export type PlainHandler = (req: PlainRequest, res: ServerResponse) => void | Promise<void>;
