import { z } from 'zod';
import { tlsFiles } from './tls-files.js';
import { OPEN_MARKET_URL } from '../../../adapters/messaging/sms/open-market-gateway.js';
import { addresses } from '../values/addresses.js';
import { keyedUnion } from '../values/keyed-union.js';
import { scalars } from '../values/scalars.js';
import { smsKinds } from '../values/sms-values.js';

const { text, secret, flag, duration, word } = scalars;
const { template, urlTemplate, header, pattern, statuses } = smsKinds;

const timeLimit = duration('1h').prefault('15s').meta({ description: 'How long handing over one message may take.' });

const openmarket = z.strictObject({
  url: addresses.webUrl.prefault(OPEN_MARKET_URL).meta({ description: 'Its API.' }),
  username: text.meta({ description: 'Account at OpenMarket.', examples: ['islet'] }),
  password: secret.optional().meta({ description: 'Its password.' }),
  passwordFile: text.optional().meta({
    description: 'File with its password.',
    examples: ['/etc/islet/openmarket-password'],
  }),
  timeLimit,
});

/** Any gateway that takes one HTTP request per message. */
const http = z.strictObject({
  method: word('POST', 'PUT', 'GET').prefault('POST').meta({ description: 'How it is asked.' }),
  url: urlTemplate.meta({
    description: 'Where it is asked; may name `{{number}}`, `{{originator}}` and `{{text}}`.',
    examples: ['https://sms.example.org/send'],
  }),
  headers: z
    .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be named like an HTTP header'), header)
    .prefault({})
    .meta({
      description: 'Headers of the request: text, or `{ file: PATH }` for a secret one.',
      examples: [{ authorization: { file: '/etc/islet/sms-authorization' } }],
    }),
  body: template.optional().meta({
    description: 'Body of the request; may name the same, and each is escaped as JSON, a form or XML asks for.',
    examples: ['{"to":"+{{number}}","from":"{{originator}}","text":"{{text}}"}'],
  }),
  success: z
    .strictObject({
      statuses: statuses.optional().meta({ description: 'Statuses that mean yes. Without it, 200 to 299.' }),
      body: pattern.optional().meta({ description: 'Regular expression that the answer has to match as well.' }),
    })
    .prefault({})
    .meta({ description: 'When a message counts as accepted.' }),
  timeLimit,
});

/** A message centre that speaks SMPP 3.4. */
const smpp = z.strictObject({
  host: addresses.host.meta({ description: 'Its host.', examples: ['smsc.example.org'] }),
  port: addresses.port
    .optional()
    .meta({ description: 'Its port. Without it, 2775, or 3550 with `tls`.', examples: [2775] }),
  tls: flag.prefault(false).meta({ description: 'Whether the connection is encrypted, and its certificate checked.' }),
  ...tlsFiles,
  systemId: text.meta({ description: 'Login name (system ID).', examples: ['islet'] }),
  password: secret.optional().meta({ description: 'Password for that.' }),
  passwordFile: text.optional().meta({
    description: 'File with the password.',
    examples: ['/etc/islet/smpp-password'],
  }),
  systemType: text.optional().meta({ description: 'The system type, where it asks for one.', examples: ['VMA'] }),
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

/** Further digits narrow it down. */
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
