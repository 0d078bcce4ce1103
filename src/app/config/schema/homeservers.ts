import { z } from 'zod';
import { tlsFiles } from './tls-files.js';
import { isServerName } from '../../../domain/identifiers/server-name.js';
import { addresses } from '../values/addresses.js';
import { asText, valueType, InvalidValueError } from '../values/value-type.js';
import { scalars } from '../values/scalars.js';

const { text, secret, word } = scalars;

/**
 * An ed25519 public key: 32 bytes in unpadded base64, as published by `/_matrix/key/v2/server`. Padded and URL-safe
 * base64 is accepted, too.
 */
const verifyKey = valueType({ type: 'string' }, (value) => {
  const key = asText(value).replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  if (/^[A-Za-z0-9+/]{43}$/.test(key)) return key;
  throw new InvalidValueError('must be an ed25519 public key in unpadded base64, 43 characters');
});

const homeserver = z.strictObject({
  url: addresses.baseUrl.meta({
    description: 'URL for federation requests.',
    examples: ['https://10.0.0.5:8448'],
  }),
  clientUrl: addresses.baseUrl.optional().meta({
    description:
      'URL of its client-server API, if it differs from `url`. Account checks use it (see `accounts` of a source).',
    examples: ['https://10.0.0.5'],
  }),
  accountApi: word('profile', 'synapse').prefault('profile').meta({
    description:
      'How account checks ask it: `profile` requests the public profile; `synapse` uses its admin API, which is exact and needs `accessToken`.',
  }),
  accessToken: secret.optional().meta({
    description: 'Access token for account checks. `accountApi: synapse` needs that of an administrator.',
  }),
  accessTokenFile: text.optional().meta({
    description: 'File with the access token.',
    examples: ['/etc/islet/homeserver-token'],
  }),
  ...tlsFiles,
  tlsName: addresses.host.optional().meta({
    description: 'Host name in its certificate, if it differs from the host of `url`.',
    examples: ['example.org'],
  }),
  verifyKeys: z
    .record(z.string().regex(/^ed25519:[A-Za-z0-9_]+$/, 'must be named like ed25519:a_abc'), verifyKey)
    .optional()
    .meta({
      description: 'Its signing keys by key ID. If set, keys are not fetched.',
      examples: [{ 'ed25519:a_abc': 'l8Hft5qXKn1vfHrg3p4+W8gELQVo8N13JkluMfmn2sQ' }],
    }),
});

/** By server name. */
export const homeservers = z.record(
  z.string().refine(isServerName, 'must be named by a Matrix server name such as example.org'),
  homeserver,
);
