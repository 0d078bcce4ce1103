import { setTimeout as pause } from 'node:timers/promises';
import type { Pdu } from 'smpp';
import { inDefaultAlphabet, inLatin1, inUcs2 } from './alphabet.js';
import { GatewayError, type Sms, type SmsGateway } from './gateway.js';
import { SmppLink, SmppLoginRefusedError, type SmppServer, statusName } from './smpp-link.js';
import { LoginGate } from '../../shared/login-gate.js';
import type { RotatingSecret } from '../../shared/rotating-secret.js';
import { inUrl } from '../../shared/hosts.js';

/** Types of number and numbering plans. Spec: SMPP 3.4, 5.2.5 and 5.2.6. */
const SOURCES = {
  long: { source_addr_ton: 1, source_addr_npi: 1 },
  short: { source_addr_ton: 3, source_addr_npi: 0 },
  alpha: { source_addr_ton: 5, source_addr_npi: 0 },
};
const INTERNATIONAL = { dest_addr_ton: 1, dest_addr_npi: 1 };
/** Spec: 5.2.19. 0 is the default alphabet of the message centre, which is almost always GSM. */
const DEFAULT_ALPHABET = 0;
const UCS2 = 8;
/** The queue is full, or messages are sent too fast: 5.1.3, ESME_RMSGQFUL and ESME_RTHROTTLED. */
const PASSING = [0x14, 0x58];
const MOST_AGAIN = 2;
const AGAIN_MS = 1_000;
/** Maximum length of `short_message` in octets. Longer messages use `message_payload`. */
const SHORT = 254;

/** The default alphabet of the message centre; with `ucs2` it is never used. */
export type SmppAlphabet = 'gsm' | 'latin1' | 'ucs2';

const inAlphabet: Readonly<Record<SmppAlphabet, (text: string) => Buffer | undefined>> = {
  gsm: inDefaultAlphabet,
  latin1: inLatin1,
  ucs2: () => undefined,
};

export interface SmppOptions extends SmppServer {
  readonly password: RotatingSecret;
  readonly alphabet?: SmppAlphabet;
}

/** An SMPP 3.4 message centre. One connection is kept open, and reopened when needed. */
export class SmppGateway implements SmsGateway {
  readonly name: string;

  private link: Promise<SmppLink> | undefined;

  private readonly gate: LoginGate;

  constructor(private readonly server: SmppOptions) {
    const { host, port } = server;
    this.gate = new LoginGate(server.password);
    this.name = `text message gateway ${inUrl(host)}:${port}`;
  }

  async send(sms: Sms): Promise<string | undefined> {
    const link = await this.open();
    const fields = fieldsOf(sms, inAlphabet[this.server.alphabet ?? 'gsm']);
    let answer: Pdu;
    try {
      answer = await link.submit(fields);
      // The message was not accepted, so it may be submitted once more.
      for (let again = 0; PASSING.includes(answer.command_status) && again < MOST_AGAIN; again++) {
        await pause(AGAIN_MS);
        answer = await link.submit(fields);
      }
    } catch (error) {
      // A message centre that did not respond to this message would not respond to the next one either.
      link.destroy();
      throw this.failure(error, true);
    }
    const { command_status: status, message_id: id } = answer;
    if (status !== 0) throw new GatewayError(this.name, `answered ${statusName(status)}`, false);
    return typeof id === 'string' && /^[\w-]{1,100}$/.test(id) ? id : undefined;
  }

  /** A refused login may be tried again at once. */
  reloadSecrets(): void {
    this.gate.reset();
  }

  async close(): Promise<void> {
    const link = this.link;
    this.link = undefined;
    await link?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }

  /** The current connection, or a new one. It is bound before anything is submitted. */
  private async open(): Promise<SmppLink> {
    const kept = this.link;
    if (kept && (await kept.then((link) => link.isOpen).catch(() => false))) return kept;
    // A concurrent call may have opened one meanwhile.
    if (this.link === kept) this.link = this.login();
    return (this.link ?? this.login()).catch((error: unknown) => {
      throw this.failure(error, false);
    });
  }

  private async login(): Promise<SmppLink> {
    const password = this.gate.enter();
    try {
      const link = await SmppLink.open(this.server, password);
      this.gate.reset();
      return link;
    } catch (error) {
      if (error instanceof SmppLoginRefusedError) this.gate.noteRefusal(password);
      throw error;
    }
  }

  private failure(error: unknown, mayBeAccepted: boolean): GatewayError {
    return new GatewayError(this.name, error instanceof Error ? error.message : 'failed', mayBeAccepted);
  }
}

function fieldsOf(
  { number, originator, text }: Sms,
  inDefault: (text: string) => Buffer | undefined,
): Readonly<Record<string, unknown>> {
  const plain = inDefault(text);
  const octets = plain ?? inUcs2(text);
  return {
    ...SOURCES[originator.kind],
    source_addr: originator.text,
    ...INTERNATIONAL,
    destination_addr: number,
    data_coding: plain ? DEFAULT_ALPHABET : UCS2,
    ...(octets.length <= SHORT
      ? { short_message: octets }
      : { short_message: Buffer.alloc(0), message_payload: octets }),
  };
}
