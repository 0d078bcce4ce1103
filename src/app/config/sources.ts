import { z } from 'zod';
import { chosenByKey } from './choice.js';
import { ldap } from './ldap.js';
import { upstream } from './upstream.js';

/** `- ldap: { … }`, `- upstream: { … }`, `- bindings` */
export const sources = z.array(
  chosenByKey(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('ldap'), ldap }),
      z.strictObject({ kind: z.literal('upstream'), upstream }),
      z.strictObject({ kind: z.literal('bindings'), bindings: z.strictObject({}).optional() }),
    ]),
  ),
);
