import { isIP } from 'node:net';
import { z } from 'zod';
import { parseMxid } from '../../../domain/identifiers/mxid.js';
import { isServerName } from '../../../domain/identifiers/server-name.js';
import { scalars } from '../values/scalars.js';

/** `false` (no limit) is kept, because it differs from an absent value (the default limit). */
const rate = scalars.rate.transform((limit) => limit ?? (false as const)).optional();

const limits = z.strictObject({
  mail: rate.meta({ description: 'Validation mails requested.', examples: ['1000/1h'] }),
  sms: rate.meta({ description: 'Text messages requested.', examples: ['500/1h'] }),
  invites: rate.meta({ description: 'Invitations sent.', examples: ['1000/1h'] }),
  lookup: rate.meta({ description: 'Addresses looked up.', examples: ['1000000/1h'] }),
  search: rate.meta({ description: 'People shown by searches.', examples: ['100000/1h'] }),
  signIn: rate.meta({ description: 'Sign-ins.', examples: ['10000/1h'] }),
});

const isAsker = (name: string) => parseMxid(name) !== undefined || isIP(name) !== 0 || isServerName(name);

/** By user ID, IP address or server name. */
export const serverLimitsFormat = z.record(
  z.string().refine(isAsker, 'must be named by a user such as @islet:example.org, an IP address, or a server name'),
  limits,
);
