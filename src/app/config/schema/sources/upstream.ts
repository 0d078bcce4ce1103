import { z } from 'zod';
import { tlsFiles } from '../tls-files.js';
import { addresses } from '../../values/addresses.js';
import { scalars } from '../../values/scalars.js';
import { sourceName } from '../../values/source-name.js';
import { valueType, asList, InvalidValueError, asText } from '../../values/value-type.js';
import { tryThreepid } from '../../../../domain/identifiers/threepid.js';
import { media, MEDIA } from './module.js';

const { count, duration, flag, secret, text } = scalars;

const mailDomains = valueType({ type: 'array', items: { type: 'string' } }, (value) => asList(value).map(asMailDomain));

function asMailDomain(value: unknown): string {
  const text = asText(value);
  if (tryThreepid('email', `a@${text.replace(/^\*\./, '')}`)) return text;
  const unwrap = text.replace(/^[^@]*@/, '').replace(/^\*?\.?/, '');
  const suggestion = tryThreepid('email', `a@${unwrap}`)
    ? `write ${unwrap}, and *.${unwrap} for its subdomains`
    : undefined;
  throw new InvalidValueError(
    'must be mail domains such as example.org, or *.example.org for all subdomains',
    suggestion,
  );
}

const forward = z.strictObject({
  media: media
    .prefault([...MEDIA])
    .meta({ description: 'Kinds of addresses that it is asked for: `email`, `msisdn`.' }),
  domains: mailDomains.optional().meta({
    description:
      'Mail domains that it is asked for. `*.example.org` matches all subdomains, but not `example.org`. Default: all.',
    examples: [['partner.example', '*.partner.example']],
  }),
  exceptDomains: mailDomains.optional().meta({
    description: 'Mail domains that it is not asked for, even if `domains` contains them.',
    examples: [['example.org']],
  }),
});

const cache = z.strictObject({
  hits: duration('1d').prefault('5m').meta({ description: 'Time for which an answer with a user is cached.' }),
  misses: duration('1d').prefault('1m').meta({ description: 'Time for which an answer without a user is cached.' }),
  entries: count(1, 1_000_000).prefault(50_000).meta({ description: 'Maximum number of cached answers.' }),
});

/** Which addresses are looked up at an upstream, and which of its answers are accepted. */
export const upstreamPolicy = {
  forward: forward.prefault({}).meta({
    description: 'Addresses that may be sent to it. For other addresses it is not asked.',
  }),
  homeservers: addresses.serverNames.optional().meta({
    description: 'Homeservers whose users it may return. Other answers are ignored. Default: all.',
    examples: [['partner.example']],
  }),
  cache: z
    .preprocess((value) => (value === true ? {} : value), z.union([z.literal(false), cache]))
    .prefault({})
    .meta({ description: 'Cache of its answers in memory; `false`: no cache.' }),
};

/** Another identity server. */
export const upstream = z.strictObject({
  name: sourceName.meta({ description: 'Your name for this identity server.', examples: ['partner'] }),
  url: addresses.baseUrl.meta({ description: 'Its base URL.', examples: ['https://id.partner.example'] }),
  hashed: flag.prefault(false).meta({
    description:
      'Whether it is asked in hashed lookups. Islet then announces its pepper, so only one upstream can have this option. Needs an access token.',
  }),
  accessToken: secret
    .optional()
    .meta({ description: 'Access token for API version 2. Without it, version 1 is used.' }),
  accessTokenFile: text.optional().meta({
    description: 'File with the access token; `islet upstream login` creates it.',
    examples: ['/etc/islet/partner-token'],
  }),
  ...tlsFiles,
  timeLimit: duration('1h').prefault('3s').meta({ description: 'Time limit for one request.' }),
  ...upstreamPolicy,
});
