import type { SmsGateway } from '../../adapters/messaging/sms/gateway.js';
import { tryTexting } from '../../adapters/messaging/sms/sms-test.js';
import type { Config } from '../config/config.js';
import { rereadSecret } from '../config/input/reread-secret.js';
import type { Secret } from '../config/input/secrets.js';

/** The current password of the mail server: it may have been changed since the start. */
function currentValue(secret: Secret | undefined): string | undefined {
  const now = secret?.file === undefined ? undefined : rereadSecret(secret.file);
  return typeof now === 'object' ? now.value : secret?.value;
}

/** Sends a test message with the configured mail server or gateways. Absent: the medium is not configured. */
export const tryMessages = ({ mail, sms, server }: Config, gateways: readonly SmsGateway[]) => ({
  ...(mail && {
    email: async (to: string) => {
      const { testMail, trySending } = await import('../../adapters/messaging/smtp-test.js');
      return trySending({ ...mail, password: currentValue(mail.password) }, testMail(server.name, to));
    },
  }),
  ...(sms && {
    msisdn: (number: string) =>
      tryTexting(
        { gateways, originators: sms.originators, destinations: sms.rules },
        number,
        `Test from ${server.name}`,
      ),
  }),
});
