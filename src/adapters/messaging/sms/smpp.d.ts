/** The parts that are used; the library has no type definitions. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  export interface Pdu {
    readonly command: string;
    readonly command_status: number;
    readonly [field: string]: unknown;
    isResponse(): boolean;
    response(fields?: Readonly<Record<string, unknown>>): Pdu;
  }

  type Request = (fields: Readonly<Record<string, unknown>>, answered: (pdu: Pdu) => void) => boolean;

  export class Session extends EventEmitter {
    readonly socket: Socket;
    readonly bind_transmitter: Request;
    readonly submit_sm: Request;
    readonly enquire_link: Request;
    send(pdu: Pdu): boolean;
    close(): void;
    destroy(): void;
  }

  interface Smpp {
    connect(options: Readonly<Record<string, unknown>>): Session;
    createServer(options: Readonly<Record<string, unknown>>, listener: (session: Session) => void): NetServer;
    /** Status codes by name. */
    readonly errors: Readonly<Record<string, number>>;
  }

  const smpp: Smpp;
  export default smpp;
}
