import type { SmsGateway } from '../../adapters/messaging/sms/gateway.js';
import { tryTexting } from '../../adapters/messaging/sms/sms-test.js';
import { testMail, trySending } from '../../adapters/messaging/smtp-test.js';
import type { Config } from '../config/config.js';

/** Sends a message to try the configured mail server or gateways. Absent: nothing is configured for the medium. */
export const tryMessages = ({ mail, sms, server }: Config, gateways: readonly SmsGateway[]) => ({
  ...(mail && {
    email: (to: string) => trySending({ ...mail, password: mail.password?.value }, testMail(server.name, to)),
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
