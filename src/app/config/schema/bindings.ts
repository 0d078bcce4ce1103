/** Which bindings are made, and which are found. */
export const bindings = {
  directoryOwned: {
    doc: 'Whether a user may bind an address that a directory assigns to another user: `refuse` or `allow`.',
    format: 'refuseOrAllow',
    default: 'refuse',
  },
  accounts: {
    doc: '`check`: bindings of users whose homeserver says that they have no account any more are not found until they have one again. To notice deactivated accounts, set `accountApi: synapse` of the homeserver. `assume`: they are always found.',
    format: 'accounts',
    default: 'assume',
  },
} as const;
