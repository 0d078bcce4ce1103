import { z } from 'zod';
import { tlsFiles } from './tls-files.js';
import { OPEN_MARKET_URL } from '../../../adapters/messaging/sms/open-market-gateway.js';
import { addresses } from '../values/addresses.js';
import { keyedUnion } from '../values/keyed-union.js';
import { scalars } from '../values/scalars.js';
import { smsKinds } from '../values/sms-values.js';

const { text, secret, flag, duration, word } = scalars;
const { template, urlTemplate, header, pattern, statuses } = smsKinds;

const timeLimit = duration('1h').prefault('15s').meta({ description: 'Time limit for handing over one message.' });

const openmarket = z.strictObject({
  url: addresses.webUrl.prefault(OPEN_MARKET_URL).meta({ description: 'URL of its API.' }),
  username: text.meta({ description: 'User name at OpenMarket.', examples: ['islet'] }),
  password: secret.optional().meta({ description: 'Password for `username`.' }),
  passwordFile: text.optional().meta({
    description: 'File with the password for `username`.',
    examples: ['/etc/islet/openmarket-password'],
  }),
  timeLimit,
});

/** Any gateway that takes one HTTP request per message. */
const http = z.strictObject({
  method: word('POST', 'PUT', 'GET').prefault('POST').meta({ description: 'HTTP method of the request.' }),
  url: urlTemplate.meta({
    description:
      'URL of the request. It may contain the placeholders `{{number}}`, `{{originator}}`, `{{text}}`, `{{password}}` and `{{alphabet:A|B}}`: A if the text fits the GSM alphabet, B if not.',
    examples: ['https://sms.example.org/send'],
  }),
  headers: z
    .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be named like an HTTP header'), header)
    .prefault({})
    .meta({
      description: 'Headers of the request: text, or `{ file: PATH }` for a secret value.',
      examples: [{ authorization: { file: '/etc/islet/sms-authorization' } }],
    }),
  body: template.optional().meta({
    description:
      'Body of the request. It may contain the same placeholders; their values are escaped for JSON, forms or XML.',
    examples: ['{"to":"+{{number}}","from":"{{originator}}","text":"{{text}}"}'],
  }),
  password: secret.optional().meta({ description: 'Password for the placeholder `{{password}}`.' }),
  passwordFile: text.optional().meta({
    description: 'File with the password for the placeholder `{{password}}`.',
    examples: ['/etc/islet/sms-password'],
  }),
  success: z
    .strictObject({
      statuses: statuses.optional().meta({ description: 'HTTP statuses that mean accepted. Default: 200 to 299.' }),
      body: pattern
        .optional()
        .meta({ description: 'Regular expression that the body of the answer must match as well.' }),
    })
    .prefault({})
    .meta({ description: 'Conditions under which a message counts as accepted.' }),
  timeLimit,
});

/** An SMPP 3.4 message centre. */
const smpp = z.strictObject({
  host: addresses.host.meta({ description: 'Host of the message centre.', examples: ['smsc.example.org'] }),
  port: addresses.port
    .optional()
    .meta({ description: 'Port of the message centre. Default: 2775, or 3550 with `tls`.', examples: [2775] }),
  tls: flag.prefault(false).meta({ description: 'Whether to use TLS and check the certificate.' }),
  ...tlsFiles,
  systemId: text.meta({ description: 'Login name (system ID).', examples: ['islet'] }),
  password: secret.optional().meta({ description: 'Password for `systemId`.' }),
  passwordFile: text.optional().meta({
    description: 'File with the password for `systemId`.',
    examples: ['/etc/islet/smpp-password'],
  }),
  systemType: text
    .optional()
    .meta({ description: 'System type, if the message centre requires one.', examples: ['VMA'] }),
  alphabet: word('gsm', 'latin1', 'ucs2').prefault('gsm').meta({
    description:
      'The default alphabet of the message centre (`data_coding` 0). `ucs2` sends every message as UCS-2, which costs more for most languages.',
  }),
  timeLimit,
});

/** Shows messages instead of sending them. */
const toConsole = z.strictObject({});

/** `- openmarket: { … }`, `- http: { … }`, `- smpp: { … }`, `- console` */
export const gateways = z.array(
  keyedUnion(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('openmarket'), openmarket }),
      z.strictObject({ kind: z.literal('http'), http }),
      z.strictObject({ kind: z.literal('smpp'), smpp }),
      z.strictObject({ kind: z.literal('console'), console: toConsole.optional() }),
    ]),
  ),
);

/** A calling code with further digits applies to fewer numbers. */
const callingCode = z
  .string()
  .regex(/^(?:[1-9]\d{0,14}|default)$/, 'must be named by a calling code such as 49, or default');

/** By calling code. */
export const originators = z.record(callingCode, smsKinds.originators);

/** By calling code. */
export const smsRules = z.record(
  z.union(
    [callingCode, z.enum(['satellite', 'premium'])],
    'must be named by a calling code such as 49, satellite, premium, or default',
  ),
  word('allow', 'reject'),
);

/** How text messages are sent. */
export const sms = {
  gateways: { doc: 'Gateways for text messages, tried in this order.', format: 'gateways', default: [] },
  originators: {
    doc: 'Senders of text messages by calling code: `long:` and `short:` numbers, `alpha:` names. If there are several, a phone number always gets the same one.',
    format: 'originators',
    default: { default: ['alpha:Matrix'] },
  },
  rules: {
    doc: 'Whether text messages are sent to a calling code: `allow` or `reject`. `default` applies to all calling codes that are not listed. `satellite` (+870, +878, +881 to +883) and `premium` (premium rate and shared cost numbers of every country, +808, +979) are rejected unless you allow them by these names; satellite numbers can also be allowed by their calling codes.',
    format: 'smsRules',
    default: { default: 'allow' },
  },
} as const;
