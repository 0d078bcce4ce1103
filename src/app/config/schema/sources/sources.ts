import { z } from 'zod';
import { file, sql, synapse } from './file-and-sql.js';
import { keyedUnion } from '../../values/keyed-union.js';
import { ldap } from './ldap.js';
import { use } from './module.js';
import { rest } from './rest.js';
import { upstream } from './upstream.js';

/** `- ldap: { … }`, `- use: ./hr.mjs` with its options beside it, `- bindings` */
export const sources = z.array(
  keyedUnion(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('ldap'), ldap }),
      z.strictObject({ kind: z.literal('upstream'), upstream }),
      z.strictObject({ kind: z.literal('file'), file }),
      z.strictObject({ kind: z.literal('sql'), sql }),
      z.strictObject({ kind: z.literal('synapse'), synapse }),
      z.strictObject({ kind: z.literal('rest'), rest }),
      z.strictObject({ kind: z.literal('use'), ...use }),
      z.strictObject({ kind: z.literal('bindings'), bindings: z.strictObject({}).optional() }),
    ]),
  ),
);
