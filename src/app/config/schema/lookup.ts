/** Limits of lookups, and the lifetime of peppers. */
export const lookup = {
  maxAddresses: { doc: 'Maximum number of addresses in one lookup.', format: 'amount', default: 10_000 },
  identityServers: {
    doc: 'User IDs with which other identity servers sign in here (their `islet upstream login` prints it). Their `Via` header is accepted, which prevents lookup loops, and they are told where a pepper comes from.',
    format: 'mxids',
    default: [],
    example: ['@islet:partner.example'],
  },
  pepperLifetime: {
    doc: 'Time for which a lookup pepper is announced before it is replaced.',
    format: 'lifetime',
    default: '7d',
  },
  withoutDatabase: {
    doc: 'Time for which hashed lookups are answered from memory while the database is away, for known access tokens and peppers. An access token that another instance ends meanwhile stays valid here for that time.',
    format: 'lifetime',
    default: '15m',
  },
  pepperGrace: { doc: 'Time for which a replaced pepper is still accepted.', format: 'lifetime', default: '1h' },
} as const;
