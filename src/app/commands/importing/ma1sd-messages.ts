import type { Given } from '../../config/docs/example.js';
import { omitUndefined } from '../../config/objects.js';
import type { StoreFile } from './ma1sd-sources.js';
import type { YamlTree } from './yaml-tree.js';

const SMTP = 'threepid.medium.email.connectors.smtp';
const IDENTITY = 'threepid.medium.email.identity';
const TLS = ['none', 'opportunistic', 'required', 'implicit'];

/** The mail server of ma1sd; SendGrid is reached over SMTP. */
export function mailOf(conf: YamlTree, store: StoreFile, notes: string[]): Given | undefined {
  const isSendGrid = conf.text('notification.handler.email') === 'sendgrid';
  const sendGrid = conf.at('notification.handlers.sendgrid');
  const from = (isSendGrid ? sendGrid.text('identity.from') : undefined) ?? conf.text(`${IDENTITY}.from`);
  const name = (isSendGrid ? sendGrid.text('identity.name') : undefined) ?? conf.text(`${IDENTITY}.name`);
  const sender =
    from === undefined || name === undefined ? from : `${name.replaceAll(/[",<>]/g, ' ').trim()} <${from}>`;
  if (isSendGrid) {
    notes.push('mail: SendGrid is used over SMTP, with the key as its password');
    const passwordFile = store('smtp-password', sendGrid.text('api.key'));
    return { from: sender, host: 'smtp.sendgrid.net', port: 587, tls: 'required', username: 'apikey', passwordFile };
  }
  const host = conf.text(`${SMTP}.host`);
  if (host === undefined || conf.text('threepid.medium.email.connector') === 'none') return undefined;
  const username = conf.text(`${SMTP}.login`);
  return omitUndefined({
    from: sender,
    host,
    port: conf.number(`${SMTP}.port`) ?? 587,
    tls: TLS[conf.number(`${SMTP}.tls`) ?? 1],
    username,
    passwordFile: username === undefined ? undefined : store('smtp-password', conf.text(`${SMTP}.password`)),
  });
}

const TWILIO = 'threepid.medium.msisdn.connectors.twilio';

/** Twilio is the only gateway of ma1sd. */
export function smsOf(conf: YamlTree, store: StoreFile, notes: string[]): Given | undefined {
  const twilio = conf.at(TWILIO);
  const account = twilio.text('account_sid') ?? twilio.text('accountSid');
  const token = twilio.text('auth_token') ?? twilio.text('authToken');
  if (account === undefined || token === undefined) return undefined;
  const number = (twilio.text('number') ?? '').replace(/^\+/, '');
  const basic = Buffer.from(`${account}:${token}`).toString('base64');
  if (number === '') notes.push('sms.originators: ma1sd had no number to send from');
  return {
    gateways: [
      {
        http: {
          url: `https://api.twilio.com/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`,
          headers: { authorization: { file: store('twilio-authorization', `Basic ${basic}`) } },
          body: 'To=%2B{{number}}&From=%2B{{originator}}&Body={{text}}',
          success: { statuses: [201] },
        },
      },
    ],
    originators: /^\d{5,15}$/.test(number) ? { default: [`long:${number}`] } : undefined,
  };
}
