import { z } from 'zod';
import { addresses } from './addresses.js';
import { chosenByKey } from './choice.js';
import { asText, kind, Unfit } from './kind.js';
import { scalars } from './scalars.js';

const { text, secret, duration, word } = scalars;

const openmarket = z.strictObject({
  url: addresses.webUrl.prefault('https://smsc.openmarket.com/sms/v4/mt').meta({ description: 'Its API.' }),
  username: text.meta({ description: 'Account at OpenMarket.', examples: ['islet'] }),
  password: secret.optional().meta({ description: 'Its password.' }),
  passwordFile: text.optional().meta({ description: 'File with its password.', examples: ['/etc/islet/openmarket-password'] }),
  timeLimit: duration('1h').prefault('15s').meta({ description: 'How long handing over one message may take.' }),
});

/** Any gateway that takes one HTTP request per message. */
const http = z.strictObject({
  method: word('POST', 'PUT', 'GET').prefault('POST').meta({ description: 'How it is asked.' }),
  url: text.meta({
    description: 'Where; may hold `{{number}}`, `{{originator}}` and `{{text}}`.',
    examples: ['https://sms.example.org/send'],
  }),
  headers: z.record(z.string(), secret).optional().meta({
    description: 'Headers of the request. Whoever keeps a secret in one keeps this file secret.',
    examples: [{ 'content-type': 'application/json' }],
  }),
  body: text.optional().meta({
    description: 'Body of the request, with the same holes as `url`.',
    examples: ['{"to":"+{{number}}","from":"{{originator}}","text":"{{text}}"}'],
  }),
  success: text.optional().meta({
    description: 'What the answer must match to count as accepted, a regular expression; its status must be 2xx in any case.',
  }),
  caFile: text.optional().meta({ description: "Certificates (PEM) to trust instead of the system's." }),
  timeLimit: duration('1h').prefault('15s').meta({ description: 'How long handing over one message may take.' }),
});

/** Prints messages instead of sending them. */
const toConsole = z.strictObject({});

/** `- openmarket: { … }`, `- http: { … }`, `- console` */
export const gateways = z.array(
  chosenByKey(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('openmarket'), openmarket }),
      z.strictObject({ kind: z.literal('http'), http }),
      z.strictObject({ kind: z.literal('console'), console: toConsole.optional() }),
    ]),
  ),
);

const callingCode = z.string().regex(/^([1-9]\d{0,2}|default)$/, 'must be named by a calling code such as 49, or default');

/** `long:12125552368`, `short:12345`, `alpha:Matrix` */
const originatorList = kind({ type: 'array', items: { type: 'string', pattern: '^(long|short|alpha):.+$' } }, (value) => {
  const list = (Array.isArray(value) ? value : [value]).map(readOriginator);
  if (list.length === 0) throw new Unfit('is empty', 'leave it out instead');
  return list;
});

function readOriginator(value: unknown) {
  const [, type, name = ''] = /^(long|short|alpha):(.+)$/.exec(asText(value)) ?? [];
  const isFit = type === 'alpha' ? /^[\x20-\x7e]{1,11}$/.test(name) : /^\d{3,15}$/.test(name);
  if (isFit) return { type: type as 'long' | 'short' | 'alpha', text: name };
  throw new Unfit('must be long:NUMBER, short:NUMBER, or alpha:NAME with at most 11 characters');
}

/** By calling code. */
export const originators = z.record(callingCode, originatorList);

/** By calling code. */
export const smsRules = z.record(callingCode, word('allow', 'reject'));
