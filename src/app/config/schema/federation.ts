/** Which homeservers are reached by discovery. */
export const federation = {
  allow: {
    doc: 'Private IP addresses and ranges to which discovered homeservers may resolve. Connections to other private addresses are refused. Homeservers under `homeservers` are always allowed.',
    format: 'cidrs',
    default: [],
    example: ['10.0.0.0/8'],
  },
  nat64: {
    doc: 'NAT64 prefixes of this network, in addition to `64:ff9b::/96`. For an address with such a prefix, the embedded IPv4 address has to be public or listed in `allow`.',
    format: 'nat64Prefixes',
    default: [],
    example: ['2001:db8:64::/96'],
  },
  allowedServers: {
    doc: 'Homeservers whose users may sign in. Default: all.',
    format: 'serverNames',
    default: null,
    example: ['example.org'],
  },
} as const;
