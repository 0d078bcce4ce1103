import { ConsoleGateway } from '../../adapters/messaging/sms/console-gateway.js';
import type { SmsGateway } from '../../adapters/messaging/sms/gateway.js';
import { HttpGateway } from '../../adapters/messaging/sms/http-gateway.js';
import { OpenMarketGateway } from '../../adapters/messaging/sms/open-market-gateway.js';
import { SmppGateway } from '../../adapters/messaging/sms/smpp-gateway.js';
import { SmtpSender } from '../../adapters/messaging/smtp-sender.js';
import type { Templates } from '../../adapters/messaging/templates.js';
import type { HeaderValue } from '../../adapters/shared/rotating-secret.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Config, SmsConfig } from '../config/config.js';
import { OpenSecrets } from './open-secrets.js';

/** The mail sender, if mail is configured. The caller closes it. */
export function openMail({ mail }: Config, templates: Templates, secrets = new OpenSecrets()): SmtpSender | undefined {
  if (!mail) return undefined;
  const secret = secrets.openOptional(mail.password);
  const sender = new SmtpSender({ ...mail, password: secret?.value }, templates, secret);
  secrets.onRenew(() => sender.reloadSecrets());
  return sender;
}

/** The SMS gateways, if they are configured. The caller closes them. */
export const openSms = ({ sms }: Config, http: HttpClient, secrets = new OpenSecrets()) =>
  sms && {
    gateways: sms.gateways.map((gateway) => openGateway(gateway, http, secrets)),
    originators: sms.originators,
    destinations: sms.rules,
  };

function openGateway(gateway: SmsConfig['gateways'][number], http: HttpClient, secrets: OpenSecrets): SmsGateway {
  switch (gateway.kind) {
    case 'openmarket':
      return new OpenMarketGateway({ ...gateway, password: secrets.open(gateway.password) }, http);
    case 'http': {
      const headers = Object.entries(gateway.headers).map(([name, value]): [string, HeaderValue] => [
        name,
        typeof value === 'string' ? value : secrets.open(value),
      ]);
      const password = secrets.openOptional(gateway.password);
      return new HttpGateway({ ...gateway, headers: Object.fromEntries(headers), password }, http);
    }
    case 'smpp': {
      const gatewayInUse = new SmppGateway({ ...gateway, password: secrets.open(gateway.password) });
      secrets.onRenew(() => gatewayInUse.reloadSecrets());
      return gatewayInUse;
    }
    case 'console':
      return new ConsoleGateway(process.stdout);
  }
}
