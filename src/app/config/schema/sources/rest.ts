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

/** `false` if a service does not have this endpoint. */
const pathOrNone = z.union([z.literal(false), path]);

/** An HTTP service that implements the lookup protocol of ma1sd's REST backend. */
export const rest = z.strictObject({
  name: sourceName.meta({
    description: 'Your name for this source. Do not change it: the local copy is stored under this name.',
    examples: ['crm'],
  }),
  url: addresses.baseUrl.meta({ description: 'Base URL of the service.', examples: ['https://crm.example.org'] }),
  bulk: pathOrNone.prefault('/_ma1sd/backend/api/v1/identity/bulk').meta({
    description: 'Path for lookups of many addresses; `false` if there is none.',
  }),
  single: pathOrNone.prefault('/_ma1sd/backend/api/v1/identity/single').meta({
    description: 'Path for lookups of one address; `false` if there is none.',
  }),
  list: path.optional().meta({
    description: 'Path that lists all addresses. Without it, no local copy is kept.',
    examples: ['/everybody'],
  }),
  homeserver: addresses.serverName.optional().meta({
    description: 'Server name for users that the service returns as localparts. Without it, such users are skipped.',
    examples: ['example.org'],
  }),
  accessToken: secret.optional().meta({ description: 'Access token, sent as a bearer token.' }),
  accessTokenFile: text
    .optional()
    .meta({ description: 'File with the access token.', examples: ['/etc/islet/crm-token'] }),
  ...tlsFiles,
  ...guarded,
});
