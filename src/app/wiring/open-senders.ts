import { ConsoleGateway } from '../../adapters/messaging/sms/console-gateway.js';
import type { SmsGateway } from '../../adapters/messaging/sms/gateway.js';
import { HttpGateway } from '../../adapters/messaging/sms/http-gateway.js';
import { OpenMarketGateway } from '../../adapters/messaging/sms/open-market-gateway.js';
import type { SmtpSender } from '../../adapters/messaging/smtp-sender.js';
import type { Templates } from '../../adapters/messaging/templates.js';
import type { HeaderValue } from '../../adapters/shared/rotating-secret.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Config, SmsConfig } from '../config/config.js';
import { OpenSecrets } from './open-secrets.js';

// The libraries for mail and SMPP are loaded where they are configured: they take some MB.

/** The mail sender, if mail is configured. The caller closes it. */
export async function openMail(
  { mail }: Config,
  templates: Templates,
  secrets = new OpenSecrets(),
): Promise<SmtpSender | undefined> {
  if (!mail) return undefined;
  const { SmtpSender } = await import('../../adapters/messaging/smtp-sender.js');
  const secret = secrets.openOptional(mail.password);
  const sender = new SmtpSender({ ...mail, password: secret?.value }, templates, secret);
  secrets.onRenew(() => sender.reloadSecrets());
  return sender;
}

/** The SMS gateways, if they are configured. The caller closes them. */
export const openSms = async ({ sms }: Config, http: HttpClient, secrets = new OpenSecrets()) =>
  sms && {
    gateways: await Promise.all(sms.gateways.map((gateway) => openGateway(gateway, http, secrets))),
    originators: sms.originators,
    destinations: sms.rules,
  };

async function openGateway(
  gateway: SmsConfig['gateways'][number],
  http: HttpClient,
  secrets: OpenSecrets,
): Promise<SmsGateway> {
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
      const { SmppGateway } = await import('../../adapters/messaging/sms/smpp-gateway.js');
      const gatewayInUse = new SmppGateway({ ...gateway, password: secrets.open(gateway.password) });
      secrets.onRenew(() => gatewayInUse.reloadSecrets());
      return gatewayInUse;
    }
    case 'console':
      return new ConsoleGateway(process.stdout);
  }
}
