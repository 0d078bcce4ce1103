import { ConsoleGateway } from '../../adapters/messaging/sms/console-gateway.js';
import type { SmsGateway } from '../../adapters/messaging/sms/gateway.js';
import { HttpGateway } from '../../adapters/messaging/sms/http-gateway.js';
import { OpenMarketGateway } from '../../adapters/messaging/sms/open-market-gateway.js';
import { SmppGateway } from '../../adapters/messaging/sms/smpp-gateway.js';
import { SmtpSender } from '../../adapters/messaging/smtp-sender.js';
import type { Templates } from '../../adapters/messaging/templates.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Config, SmsConfig } from '../config/config.js';
import { rereadSecret } from '../config/input/reread-secret.js';
import type { Secret } from '../config/input/secrets.js';

/** The mail sender, if mail is configured. The caller closes it. */
export const openMail = ({ mail }: Config, templates: Templates): SmtpSender | undefined =>
  mail && new SmtpSender({ ...mail, password: mail.password?.value }, templates, valueOf(mail.password));

/** A function that reads the current value of a secret, if there is one. */
const valueOf = (secret: Secret | undefined) => secret && (() => rereadSecret(secret).value);

/** The SMS gateways, if they are configured. The caller closes them. */
export const openSms = ({ sms }: Config, http: HttpClient) =>
  sms && {
    gateways: sms.gateways.map((gateway) => openGateway(gateway, http)),
    originators: sms.originators,
    destinations: sms.rules,
  };

function openGateway(gateway: SmsConfig['gateways'][number], http: HttpClient): SmsGateway {
  switch (gateway.kind) {
    case 'openmarket':
      return new OpenMarketGateway({ ...gateway, password: gateway.password?.value ?? '' }, http);
    case 'http':
      return new HttpGateway(gateway, http);
    case 'smpp':
      return new SmppGateway({ ...gateway, password: gateway.password?.value ?? '' });
    case 'console':
      return new ConsoleGateway(process.stdout);
  }
}
