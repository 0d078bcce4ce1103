import type { Threepid } from '../../domain/identifiers/threepid.js';
import { DeliveryError, type Message, type MessageSender } from '../../ports/message-sender.js';
import type { Telemetry } from '../../ports/telemetry.js';

/** Counts the mails of a sender by kind and outcome. */
export class CountedMailSender implements MessageSender {
  readonly medium = 'email';

  constructor(
    private readonly sender: MessageSender,
    private readonly telemetry: Telemetry,
  ) {}

  async send(to: Threepid, message: Message): Promise<void> {
    const { kind } = message;
    try {
      await this.sender.send(to, message);
    } catch (error) {
      const isRefused = error instanceof DeliveryError && error.isAnswer;
      this.telemetry.count('mails', { kind, outcome: isRefused ? 'refused' : 'failed' });
      throw error;
    }
    this.telemetry.count('mails', { kind, outcome: 'accepted' });
  }
}
