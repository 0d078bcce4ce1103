import { isIP } from 'node:net';
import { z } from 'zod';
import { parseMxid } from '../../../domain/identifiers/mxid.js';
import { isServerName } from '../../../domain/identifiers/server-name.js';
import { scalars } from '../values/scalars.js';

/** `false` (no limit) is kept, because it differs from an absent value (the default limit). */
const rate = scalars.rate.transform((limit) => limit ?? (false as const)).optional();

const limitsOfServer = z.strictObject({
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
  limitsOfServer,
);

/** Rate limits. */
export const limits = {
  mail: {
    perAddress: { doc: 'Validation mails to one address.', format: 'rate', default: '5/1h' },
    perUser: { doc: 'Validation mails requested by one user.', format: 'rate', default: '20/1h' },
    perHomeserver: {
      doc: 'Validation mails requested by the users of one homeserver.',
      format: 'rate',
      default: '300/1h',
    },
    perClient: { doc: 'Validation mails requested from one IP address.', format: 'rate', default: '600/1h' },
  },
  sms: {
    perNumber: { doc: 'Text messages to one phone number.', format: 'rate', default: '3/1h' },
    perUser: { doc: 'Text messages requested by one user.', format: 'rate', default: '5/1h' },
    perHomeserver: {
      doc: 'Text messages requested by the users of one homeserver.',
      format: 'rate',
      default: '50/1h',
    },
    perClient: {
      doc: 'Text messages requested from one IP address without a signed-in user (API version 1).',
      format: 'rate',
      default: '50/1h',
    },
    perCountry: { doc: 'Text messages to one calling code.', format: 'rate', default: '100/1h' },
    perCountryAndHomeserver: {
      doc: 'Text messages to one calling code, requested by one homeserver, or from one IP address without a signed-in user. If the configuration names any homeservers, all others share one limit.',
      format: 'rate',
      default: '50/1h',
    },
  },
  invites: {
    perSender: { doc: 'Invitations sent by one user.', format: 'rate', default: '30/1h' },
    perHomeserver: { doc: 'Invitations sent by the users of one homeserver.', format: 'rate', default: '200/1h' },
    perClient: {
      doc: 'Invitations stored from one IP address without a signed-in user (API version 1).',
      format: 'rate',
      default: '200/1h',
    },
    perAddress: {
      doc: 'Invitation mails to one address. Further invitations are stored and sent together in one mail as soon as the limit allows it.',
      format: 'rate',
      default: '5/1h',
    },
  },
  wrongCodes: {
    perSession: { doc: 'Wrong codes after which a validation session is closed.', format: 'cap', default: 5 },
  },
  lookup: {
    addressesPerUser: {
      doc: 'Addresses looked up by one user. An invitation counts as one.',
      format: 'rate',
      default: '50000/1h',
    },
    addressesPerHomeserver: {
      doc: 'Addresses looked up by the users of one homeserver.',
      format: 'rate',
      default: '500000/1h',
    },
    addressesPerClient: {
      doc: 'Addresses looked up from one IP address without a signed-in user (API version 1).',
      format: 'rate',
      default: '50000/1h',
    },
  },
  search: {
    hitsPerUser: {
      doc: 'People shown to one user by searches. Beyond this, only the homeserver answers.',
      format: 'rate',
      default: '3000/1h',
    },
  },
  signIn: {
    perHomeserver: { doc: 'Sign-ins by the users of one homeserver.', format: 'rate', default: '3000/1h' },
    perClient: { doc: 'Sign-in attempts from one IP address.', format: 'rate', default: '600/1h' },
  },
  servers: {
    doc: 'Separate limits for clients with many requests. The key is a user ID (such as that of another identity server), an IP address (such as that of a homeserver that uses API version 1), or a server name (a homeserver with all its users).',
    format: 'serverLimits',
    default: {},
  },
} as const;
