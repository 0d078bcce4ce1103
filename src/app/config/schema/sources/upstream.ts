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
    ? `write ${unwrap}, and *.${unwrap} for what is below it`
    : undefined;
  throw new InvalidValueError(
    'must be mail domains such as example.org, or *.example.org for all below it',
    suggestion,
  );
}

const forward = z.strictObject({
  media: media.prefault([...MEDIA]).meta({ description: 'What it is asked for: `email`, `msisdn`.' }),
  domains: mailDomains.optional().meta({
    description: 'The only mail domains that it is asked for; `*.example.org` is all below that, without itself.',
    examples: [['partner.example', '*.partner.example']],
  }),
  exceptDomains: mailDomains.optional().meta({
    description: 'Mail domains that it is not asked for, whatever `domains` says.',
    examples: [['example.org']],
  }),
});

const cache = z.strictObject({
  hits: duration('1d').prefault('5m').meta({ description: 'How long an answer is kept.' }),
  misses: duration('1d').prefault('1m').meta({ description: 'How long an answer without a user is cached.' }),
  entries: count(1, 1_000_000).prefault(50_000).meta({ description: 'Most answers that are kept.' }),
});

/** What an identity server of others hears of us, and what we take from it. */
export const upstreamPolicy = {
  forward: forward.prefault({}).meta({
    description: 'Which addresses it may hear of; others are unknown to it.',
  }),
  homeservers: addresses.serverNames.optional().meta({
    description: 'The only homeservers whose users it may name; answers that name others are dropped.',
    examples: [['partner.example']],
  }),
  cache: z
    .preprocess((value) => (value === true ? {} : value), z.union([z.literal(false), cache]))
    .prefault({})
    .meta({ description: 'Answers are kept in memory for a while; `false` for none.' }),
};

/** Another identity server. */
export const upstream = z.strictObject({
  name: sourceName.meta({ description: 'Your name for this server.', examples: ['partner'] }),
  url: addresses.baseUrl.meta({ description: 'Its base URL.', examples: ['https://id.partner.example'] }),
  hashed: flag.prefault(false).meta({
    description:
      'Whether it takes part in hashed lookups. Its pepper is then announced as ours, so only one upstream can. Needs an access token.',
  }),
  accessToken: secret
    .optional()
    .meta({ description: 'Access token for version 2 of its API. Without it, version 1 is asked.' }),
  accessTokenFile: text.optional().meta({
    description: 'File with the access token; `islet upstream login` makes it.',
    examples: ['/etc/islet/partner-token'],
  }),
  ...tlsFiles,
  timeLimit: duration('1h').prefault('3s').meta({ description: 'How long one question may take.' }),
  ...upstreamPolicy,
});
