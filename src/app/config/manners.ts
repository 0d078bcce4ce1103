import { z } from 'zod';
import { tryThreepid } from '../../domain/threepid.js';
import { addresses } from './addresses.js';
import { asList, asText, kind, Unfit } from './kind.js';
import { MEDIA, media } from './own-source.js';
import { present } from './present.js';
import type { KeyPath, Problems } from './problems.js';
import { scalars } from './scalars.js';

const { count, duration } = scalars;

const mailDomains = kind({ type: 'array', items: { type: 'string' } }, (value) => asList(value).map(asMailDomain));

function asMailDomain(value: unknown): string {
  const text = asText(value);
  if (tryThreepid('email', `a@${text.replace(/^\*\./, '')}`)) return text;
  const bare = text.replace(/^[^@]*@/, '').replace(/^\*?\.?/, '');
  const suggestion = tryThreepid('email', `a@${bare}`)
    ? `write ${bare}, and *.${bare} for what is below it`
    : undefined;
  throw new Unfit('must be mail domains such as example.org, or *.example.org for all below it', suggestion);
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
  misses: duration('1d').prefault('1m').meta({ description: 'How long it is kept that it knows nobody.' }),
  entries: count(1, 1_000_000).prefault(50_000).meta({ description: 'Most answers that are kept.' }),
});

/** What an identity server of others hears of us, and what we take from it. */
export const manners = {
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

type Written = z.output<z.ZodObject<typeof manners>>;

export const readManners = ({ forward, homeservers, cache }: Written) =>
  present({
    forward: present(forward),
    homeservers,
    cache: cache ? { hitsMs: cache.hits, missesMs: cache.misses, entries: cache.entries } : undefined,
  });

/** A hash does not tell its mail domain, nor whether it is one of a phone number. */
export function checkForwarding(
  isHashed: boolean,
  { media, ...lists }: Written['forward'],
  at: KeyPath,
  problems: Problems,
) {
  if (!isHashed) return;
  const told = [...Object.keys(present(lists)), ...(media.length < MEDIA.length ? ['media'] : [])];
  for (const key of told) {
    problems.add(
      [...at, 'forward', key],
      'needs addresses in clear, and with hashed: true it is asked by hashes, which hide what they are of',
      'leave it out, or write hashed: false; homeservers works for both',
    );
  }
}
