/** Options of the search for people by name. */
export const search = {
  homeserver: {
    doc: 'URL of the client-server API of the homeserver itself, not of its reverse proxy. Islet asks it which user searches, and which people it finds. Default: no search, and no names are stored.',
    format: 'homeserverUrl',
    default: null,
    example: 'http://127.0.0.1:8008',
  },
  caFile: {
    doc: "CA certificates (PEM) to trust instead of the system's.",
    format: 'path',
    default: null,
    example: '/etc/islet/ca.pem',
  },
  sources: {
    doc: 'Sources whose people are found: LDAP directories, files, SQL, REST and custom sources with a local copy. If a person is in several of them, the name from the first one is shown. Default: all LDAP directories with a local copy.',
    format: 'sourceNames',
    default: [],
    example: ['staff'],
  },
  name: {
    doc: 'Name that is shown: attributes or columns, or templates such as `{givenName} {sn}`. The first one for which an entry has all values is used.',
    format: 'nameTemplates',
    default: ['displayName', 'cn'],
  },
  attributes: {
    doc: 'Further attributes or columns that are searched, in addition to the name and the user name. Of an email address, only the part before the `@`.',
    format: 'searchedAttributes',
    default: ['givenName', 'sn'],
  },
  phoneDigits: {
    doc: 'People are also found by this many last digits of their phone numbers. 0: not by phone numbers.',
    format: 'phoneDigits',
    default: 0,
  },
  showTo: {
    doc: 'Homeservers whose users may find people. Default: the `homeserver` of the searched sources.',
    format: 'serverNames',
    default: [],
    example: ['example.org'],
  },
  maxHits: { doc: 'Maximum number of people that Islet adds to one answer.', format: 'hits', default: 20 },
  minLetters: {
    doc: 'Minimum number of letters in a search. A Chinese, Japanese or Korean character counts as two. Shorter searches are answered by the homeserver alone.',
    format: 'letters',
    default: 3,
  },
  order: {
    doc: '`homeserver`: people found by the homeserver come first. `rank`: people found by Islet come first, best matches first.',
    format: 'searchOrder',
    default: 'homeserver',
  },
  profiles: {
    doc: 'Whether people whom only Islet finds are shown with the name and avatar of their profile at the homeserver, if it knows them. `false`: with the name of the directory.',
    format: 'flag',
    default: true,
  },
  withoutAccount: {
    doc: 'People without an account, in sources with `accounts: check`: `hide` leaves them out, `last` shows them after all others.',
    format: 'hideOrLast',
    default: 'hide',
  },
  withoutAccountName: {
    doc: 'Name shown for these people with `last`, unless their source has a `withoutAccountName`.',
    format: 'markedName',
    default: '{name} (no account yet)',
  },
  timeLimit: {
    doc: 'Time limit for one search. If the homeserver or Islet has not answered by then, its part is left out.',
    format: 'duration',
    default: '3s',
  },
} as const;
