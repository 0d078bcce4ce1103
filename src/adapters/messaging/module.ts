import { ContainerModule } from 'inversify';
import { MessageSender } from '../../ports/message-sender.js';
import { Telemetry } from '../../ports/telemetry.js';
import { CountedMailSender } from './counted-sender.js';
import { SmsSender, type SmsOptions } from './sms/sms-sender.js';
import type { SmtpSender } from './smtp-sender.js';
import type { Templates } from './templates.js';

export interface Messaging {
  /** The caller must close it. Absent: no mail is sent. */
  readonly mail?: SmtpSender | undefined;
  /** Absent: no text messages are sent. */
  readonly sms?: SmsOptions | undefined;
}

/** One sender per configured medium. */
export const messagingModule = ({ mail, sms }: Messaging, templates: Templates) =>
  new ContainerModule(({ bind }) => {
    if (mail) {
      bind(MessageSender).toResolvedValue(
        (telemetry: Telemetry) => new CountedMailSender(mail, telemetry),
        [Telemetry],
      );
    }
    if (sms) {
      bind(MessageSender).toResolvedValue(
        (telemetry: Telemetry) => new SmsSender(sms, templates, telemetry),
        [Telemetry],
      );
    }
  });
