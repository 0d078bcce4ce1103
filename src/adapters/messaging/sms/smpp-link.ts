import smpp, { type Pdu, type Session } from 'smpp';
import { Deadline, within } from '../../shared/deadline.js';
import { ADDRESS_ATTEMPT_MS } from '../../shared/address-attempts.js';
import { type TlsMaterial, verifiedTls } from '../../shared/tls-options.js';
import { networkFailure } from '../../shared/network-errors.js';

export interface SmppServer extends TlsMaterial {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly systemId: string;
  readonly systemType?: string | undefined;
  readonly timeLimitMs: number;
  /** Interval of keep-alive requests on an idle connection. */
  readonly keepAliveMs?: number;
}

/** The message centre does not accept the name or the password. */
export class SmppLoginRefusedError extends Error {
  override readonly name = 'SmppLoginRefusedError';
}

const VERSION = 0x34;
/** Spec: 5.1.3, ESME_RBINDFAIL, ESME_RINVPASWD and ESME_RINVSYSID. */
const REFUSALS: readonly number[] = [0x0d, 0x0e, 0x0f];

/**
 * One bound connection to a message centre. After a connection has closed, the library never calls back, so every
 * request also ends with the connection or with the caller's time limit.
 */
export class SmppLink {
  /** Rejects with the reason when the connection ends. */
  private readonly ended: Promise<never>;
  private isBound = false;
  private heartbeat: NodeJS.Timeout | undefined;

  private constructor(
    private readonly server: SmppServer,
    private readonly session: Session,
  ) {
    this.ended = new Promise<never>((_resolve, reject) => {
      session.on('error', (error: NodeJS.ErrnoException) => {
        reject(new Error(reasonOf(error)));
        session.destroy();
      });
      session.on('close', () => {
        this.isBound = false;
        clearInterval(this.heartbeat);
        reject(new Error('connection closed'));
      });
    });
    this.ended.catch(() => undefined);
    session.on('pdu', (pdu: Pdu) => this.answer(pdu));
  }

  /** Connects and binds as a transmitter. @throws SmppLoginRefusedError, and Error with any other reason */
  static async open(server: SmppServer, password: string): Promise<SmppLink> {
    const { host, port, tls } = server;
    const patience = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS };
    const encryption = tls && { tls, ...verifiedTls(host, server) };
    const link = new SmppLink(server, smpp.connect({ host, port, ...patience, ...encryption }));
    try {
      await link.bind(password);
    } catch (error) {
      link.session.destroy();
      throw error;
    }
    return link;
  }

  get isOpen(): boolean {
    return this.isBound && this.session.socket.writable;
  }

  /** Resolves with the response. @throws if the connection ends first, or after the time limit */
  submit(fields: Readonly<Record<string, unknown>>): Promise<Pdu> {
    return this.ask((answered) => this.session.submit_sm(fields, answered));
  }

  close(): void {
    this.session.close();
    this.session.socket.unref();
  }

  destroy(): void {
    this.session.destroy();
  }

  private async bind(password: string): Promise<void> {
    const { systemId, systemType = '', tls, keepAliveMs = 30_000 } = this.server;
    await this.step((resolve) => void this.session.once(tls ? 'secureConnect' : 'connect', resolve));
    const fields = { system_id: systemId, password, system_type: systemType, interface_version: VERSION };
    const { command_status: status } = await this.ask((answered) => this.session.bind_transmitter(fields, answered));
    if (REFUSALS.includes(status)) throw new SmppLoginRefusedError(`refuses the login: ${statusName(status)}`);
    if (status !== 0) throw new Error(`refuses the login: ${statusName(status)}`);
    this.isBound = true;
    this.heartbeat = setInterval(() => {
      this.ask((answered) => this.session.enquire_link({}, answered)).catch(() => this.destroy());
    }, keepAliveMs).unref();
  }

  private ask(send: (answered: (pdu: Pdu) => void) => boolean): Promise<Pdu> {
    return this.step((resolve, reject) => {
      if (!send(resolve)) reject(new Error('connection closed'));
    });
  }

  /** One step. It fails if the connection ends. */
  private async step<T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    const step = new Promise<T>(start);
    return within(new Deadline(this.server.timeLimitMs), Promise.race([step, this.ended]));
  }

  /** Answers requests of the message centre: keep-alive and unbind. */
  private answer(pdu: Pdu): void {
    if (pdu.isResponse()) return;
    this.session.send(pdu.response());
    if (pdu.command === 'unbind') {
      this.isBound = false;
      this.session.close();
    }
  }
}

/** `ESME_RINVPASWD (14)` */
export function statusName(status: number): string {
  const name = Object.entries(smpp.errors).find(([, value]) => value === status)?.[0];
  return name === undefined ? `status ${status}` : `${name} (${status})`;
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return (
    networkFailure(error)?.reason ?? (error.code ? `connection interrupted (${error.code})` : 'connection interrupted')
  );
}
