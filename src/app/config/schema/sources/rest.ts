import { z } from 'zod';
import { tlsFiles } from '../tls-files.js';
import { addresses } from '../../values/addresses.js';
import { asText, valueType, InvalidValueError } from '../../values/value-type.js';
import { guarded } from './module.js';
import { scalars } from '../../values/scalars.js';
import { sourceName } from '../../values/source-name.js';

const { text, secret } = scalars;

const path = valueType({ type: 'string', pattern: '^/' }, (value) => {
  const written = asText(value);
  if (written.startsWith('/') && !written.startsWith('//')) return written;
  throw new InvalidValueError('must be a path that begins with a slash, added to url');
});

/** `false` where a service has no such endpoint. */
const pathOrNone = z.union([z.literal(false), path]);

/** An HTTP service that speaks the lookup protocol of ma1sd's REST backend. */
export const rest = z.strictObject({
  name: sourceName.meta({
    description: 'Your name for it. Its mirror is kept under it, so do not change it.',
    examples: ['crm'],
  }),
  url: addresses.baseUrl.meta({ description: 'Its base URL.', examples: ['https://crm.example.org'] }),
  bulk: pathOrNone.prefault('/_ma1sd/backend/api/v1/identity/bulk').meta({
    description: 'Path that answers many addresses; `false` if there is none.',
  }),
  single: pathOrNone.prefault('/_ma1sd/backend/api/v1/identity/single').meta({
    description: 'Path that answers one address; `false` if there is none.',
  }),
  list: path.optional().meta({
    description: 'Path that answers with everything. Without it there is no mirror.',
    examples: ['/everybody'],
  }),
  homeserver: addresses.serverName.optional().meta({
    description: 'Server name of users that are answered by their localpart; without it they are left out.',
    examples: ['example.org'],
  }),
  accessToken: secret.optional().meta({ description: 'Sent as a bearer token.' }),
  accessTokenFile: text
    .optional()
    .meta({ description: 'File with the access token.', examples: ['/etc/islet/crm-token'] }),
  ...tlsFiles,
  ...guarded,
});
