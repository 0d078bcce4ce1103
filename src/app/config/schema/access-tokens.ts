/** How many access tokens there are, and how long they live. */
export const accessTokens = {
  perUser: {
    doc: 'Maximum number of access tokens per user. A new token replaces the one that was not used for the longest time. `false`: no limit.',
    format: 'cap',
    default: 50,
  },
  idleLifetime: {
    doc: 'Time after which an unused access token expires. Clients then sign in again automatically.',
    format: 'lifetime',
    default: '90d',
  },
  checkAccounts: {
    doc: "Whether to ask the users' homeservers every 6 hours if the accounts still exist. The access tokens of a user end after two negative answers in a row.",
    format: 'flag',
    default: true,
  },
} as const;
