import { z } from 'zod';
import { addresses } from './addresses.js';
import { manners } from './manners.js';
import { scalars } from './scalars.js';
import { sourceName } from './source-name.js';

const { text, secret, flag, duration } = scalars;

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
  caFile: text.optional().meta({
    description: "Certificates (PEM) to trust instead of the system's.",
    examples: ['/etc/islet/ca.pem'],
  }),
  timeLimit: duration('1h').prefault('3s').meta({ description: 'How long one question may take.' }),
  ...manners,
});
