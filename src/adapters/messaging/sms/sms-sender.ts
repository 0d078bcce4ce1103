import { DomainError } from '../../../domain/shared/errors.js';
import type { Threepid } from '../../../domain/identifiers/threepid.js';
import { DeliveryError, type Message, type MessageSender } from '../../../ports/message-sender.js';
import type { Telemetry } from '../../../ports/telemetry.js';
import type { Templates } from '../templates.js';
import { GatewayError, type Sms, type SmsGateway } from './gateway.js';
import { type DestinationRules, isDestination } from './destinations.js';
import { originatorFor, type Originator, type PerDestination } from './originators.js';

export interface SmsOptions {
  /** At least one, in the order in which they are tried. */
  readonly gateways: readonly SmsGateway[];
  readonly originators: PerDestination<readonly Originator[]>;
  /** Absent: all destinations except satellite and premium rate numbers. */
  readonly destinations?: DestinationRules | undefined;
}

/** The originator for numbers without a configured one. */
const MATRIX: Originator = { kind: 'alpha', text: 'Matrix' };

/**
 * Sends text messages through gateways. The next gateway is tried only if the previous one has certainly not accepted
 * the message, so that no message is sent twice.
 */
export class SmsSender implements MessageSender {
  readonly medium = 'msisdn';

  constructor(
    private readonly options: SmsOptions,
    private readonly templates: Templates,
    private readonly telemetry: Telemetry,
  ) {}

  sendsTo({ address }: Threepid): boolean {
    return isDestination(address, this.options.destinations ?? {});
  }

  async send(to: Threepid, message: Message): Promise<void> {
    const { address } = to;
    const { originators } = this.options;
    if (message.kind !== 'validation')
      throw new DeliveryError('text messages', 'no gateway accepts this kind of message', true);
    if (!this.sendsTo(to)) throw new DomainError('destination_rejected');
    const originator = originatorFor(address, originators) ?? MATRIX;
    await this.sendByFirst({ number: address, originator, text: this.templates.renderSms(message) });
  }

  private async sendByFirst(sms: Sms): Promise<void> {
    let failure: unknown = new DeliveryError('text messages', 'no gateway is configured');
    for (const gateway of this.options.gateways) {
      try {
        const reference = await gateway.send(sms);
        this.telemetry.count('text_messages', { gateway: gatewayLabel(gateway), outcome: 'accepted' });
        this.telemetry.info('text message accepted', {
          event: 'text_message_accepted',
          gateway: gateway.name,
          reference,
        });
        return;
      } catch (error) {
        failure = error;
        this.telemetry.count('text_messages', { gateway: gatewayLabel(gateway), outcome: 'failed' });
        this.telemetry.warn(
          'text message not accepted',
          { event: 'text_message_failed', gateway: gateway.name },
          error,
        );
        if (!(error instanceof GatewayError) || error.mayBeAccepted) break;
      }
    }
    throw failure;
  }
}

/** The name of a gateway in the metrics: `sms.example.org` */
export const gatewayLabel = ({ name }: SmsGateway): string => name.replace('text message gateway ', '');
