import { z } from 'zod';
import { addresses } from './addresses.js';
import { readCertificates } from './certificates.js';
import { asText, kind, Unfit } from './kind.js';
import { guarded, readGuarded } from './own-source.js';
import { present } from './present.js';
import type { KeyPath } from './problems.js';
import type { Reading } from './reading.js';
import { scalars } from './scalars.js';
import { readSecret } from './secrets.js';
import { sourceName } from './source-name.js';

const { text, secret } = scalars;

const path = kind({ type: 'string', pattern: '^/' }, (value) => {
  const written = asText(value);
  if (written.startsWith('/') && !written.startsWith('//')) return written;
  throw new Unfit('must be a path that begins with a slash, added to url');
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
  caFile: text
    .optional()
    .meta({ description: "Certificates (PEM) to trust instead of the system's.", examples: ['/etc/islet/ca.pem'] }),
  ...guarded,
});

export function readRestSource(source: z.output<typeof rest>, at: KeyPath, reading: Reading) {
  const { name, url, bulk, single, list, homeserver, caFile, accessToken, accessTokenFile } = source;
  if (bulk === false && single === false) reading.problems.add([...at, 'bulk'], 'is required where single is false');
  const written = { value: accessToken, file: accessTokenFile };
  return present({
    kind: 'rest' as const,
    name,
    url,
    bulk: bulk === false ? undefined : bulk,
    single: single === false ? undefined : single,
    list,
    homeserver,
    accessToken: readSecret(reading, [...at, 'accessToken'], written, ['sources', name, 'accessToken'])?.value,
    ca: readCertificates(reading, [...at, 'caFile'], caFile),
    ...readGuarded(source),
  });
}
