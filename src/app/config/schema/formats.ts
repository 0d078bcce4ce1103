import { addresses } from '../values/addresses.js';
import { homeservers } from './homeservers.js';
import { gateways, originators, smsRules } from './sms.js';
import { brands } from './templates.js';
import { serverLimitsFormat } from './limits.js';
import { policies } from './terms.js';
import { scalars } from '../values/scalars.js';
import { searchKinds } from '../values/search-values.js';
import { sources } from './sources/sources.js';

const { text, secret, flag, count, duration, retention, rate, cap, word } = scalars;

/** The formats of option values, by the name that the schema uses. */
export const formats = {
  ...addresses,
  ...searchKinds,
  text,
  path: text,
  secret,
  flag,
  rate,
  cap,
  // The largest request has room for 20,000 hashes.
  amount: count(1, 20_000),
  // Node timers are limited to 24.8 days.
  duration: duration('24d'),
  lifetime: duration('366d'),
  // Jobs with the data are tried for about a week.
  retention: retention('14d', '3660d'),
  databaseConnections: count(2, 1000),
  tokenLength: count(16, 255),
  codeLength: count(4, 10),
  smtpTls: word('none', 'opportunistic', 'required', 'implicit'),
  refuseOrAllow: word('refuse', 'allow'),
  accounts: word('assume', 'check'),
  phoneDigits: count(0, 15),
  hits: count(1, 100),
  letters: count(1, 10),
  searchOrder: word('homeserver', 'rank'),
  hideOrLast: word('hide', 'last'),
  v1Bind: word('known', 'all', 'off'),
  logLevel: word('error', 'warn', 'info', 'debug'),
  logFormat: word('json', 'pretty', 'auto'),
  sources,
  homeservers,
  gateways,
  originators,
  smsRules,
  serverLimits: serverLimitsFormat,
  brands,
  policies,
} as const;

export type FormatName = keyof typeof formats;

/** Formats of structured values, which cannot come from an environment variable. */
export const structured: ReadonlySet<FormatName> = new Set([
  'sources',
  'homeservers',
  'gateways',
  'originators',
  'smsRules',
  'serverLimits',
  'brands',
  'policies',
]);
