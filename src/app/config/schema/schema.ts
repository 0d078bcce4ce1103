import type { FormatName } from './formats.js';

/** One option as convict knows it. */
export interface Option {
  /** One sentence for people. */
  readonly doc: string;
  readonly format: FormatName;
  /** As it would be written; `null` for none. */
  readonly default: unknown;
  /** Never shown. */
  readonly sensitive?: true;
  /** As it could be written, for documentation. */
  readonly example?: unknown;
}

export interface Section {
  readonly [key: string]: Option | Section;
}

/** Every option of the configuration file. Lists and maps of things to choose from are described where their format is. */
export const schema = {
  server: {
    name: {
      doc: 'Name of this identity server: `id_server` of clients, and the signer of associations.',
      format: 'serverName',
      default: 'localhost',
      example: 'id.example.org',
    },
    otherNames: {
      doc: 'Further names by which homeservers know us, such as the name with its port or one from before a move: signed unbinds are accepted for each.',
      format: 'serverNames',
      default: [],
      example: ['id.example.org:8090'],
    },
    publicUrl: {
      doc: 'Where people and homeservers reach us: the base of mailed links and of key validity URLs. Without it, `http://` and the address that `listen` says.',
      format: 'origin',
      default: null,
      example: 'https://id.example.org',
    },
  },

  listen: {
    host: {
      doc: 'Address to listen on, behind a reverse proxy with TLS.',
      format: 'host',
      default: '127.0.0.1',
    },
    port: { doc: 'Port to listen on; 0 takes a free one.', format: 'port', default: 8090 },
    trustedProxies: {
      doc: 'Addresses and ranges of the reverse proxies. Only their `X-Forwarded-For` is used to find the address of a client.',
      format: 'cidrs',
      default: [],
      example: ['127.0.0.1/32'],
    },
    idleTimeout: {
      doc: 'How long a connection may stay open without a request. Keep it longer than the proxy in front does, or requests get lost between the two.',
      format: 'duration',
      default: '76s',
    },
  },

  admin: {
    host: {
      doc: 'Address for health, metrics and the `islet` command; never one that strangers reach.',
      format: 'host',
      default: '127.0.0.1',
    },
    port: { doc: 'Port for the same; 0 takes a free one.', format: 'port', default: 8091 },
  },

  dataDir: {
    doc: 'Folder for what Islet keeps: the SQLite file, the signing key. Without it, `data` in the folder from which Islet is started.',
    format: 'path',
    default: 'data',
    example: '/var/lib/islet',
  },

  database: {
    url: {
      doc: 'PostgreSQL, as libpq writes it; `?sslmode=verify-full&sslrootcert=…` asks for TLS. Without it, SQLite in `dataDir`.',
      format: 'databaseUrl',
      default: null,
      sensitive: true,
      example: 'postgres://islet@db.example.org/islet',
    },
    password: { doc: 'Password for `database.url`.', format: 'secret', default: null, sensitive: true },
    passwordFile: {
      doc: 'File with the password for `database.url`.',
      format: 'path',
      default: null,
      example: '/etc/islet/db-password',
    },
    caFile: {
      doc: "Certificates (PEM) to trust instead of the system's; asks for TLS.",
      format: 'path',
      default: null,
      example: '/etc/islet/ca.pem',
    },
    certFile: {
      doc: 'Our certificate (PEM), for a PostgreSQL that wants one.',
      format: 'path',
      default: null,
      example: '/etc/islet/client.pem',
    },
    keyFile: {
      doc: 'The key of that certificate (PEM).',
      format: 'path',
      default: null,
      example: '/etc/islet/client.key',
    },
    connections: {
      doc: 'Most connections to PostgreSQL, one for listening included. Two instances behind a pooler of 20 have 10 each.',
      format: 'databaseConnections',
      default: 10,
    },
    file: { doc: 'The SQLite file. Without it, `islet.db` in `dataDir`.', format: 'path', default: null },
  },

  sources: {
    doc: 'Who is asked for the user behind an address, in this order; the first answer wins.',
    format: 'sources',
    default: [],
  },

  homeservers: {
    doc: 'How to reach homeservers without DNS, well-known or port 8448, by server name.',
    format: 'homeservers',
    default: {},
  },

  federation: {
    allow: {
      doc: 'Private addresses and ranges that homeservers found by discovery may have; others only ever lead to public addresses. Homeservers under `homeservers` need no mention.',
      format: 'cidrs',
      default: [],
      example: ['10.0.0.0/8'],
    },
    nat64: {
      doc: 'Prefixes with which this network reaches IPv4 from IPv6 (NAT64), besides `64:ff9b::/96`. Of an address with such a prefix, the IPv4 address inside is what has to be public, or in `allow`.',
      format: 'nat64Prefixes',
      default: [],
      example: ['2001:db8:64::/96'],
    },
    allowedServers: {
      doc: 'Homeservers whose users may sign in here. Without it, all.',
      format: 'serverNames',
      default: null,
      example: ['example.org'],
    },
  },

  mail: {
    smtpUrl: {
      doc: 'Mail relay in one line: `smtps://user@host:port` for TLS from the start, `smtp://` for the rest. Instead of `host`, `port` and `username`.',
      format: 'smtpUrl',
      default: null,
      sensitive: true,
      example: 'smtps://islet@mail.example.org',
    },
    host: { doc: 'Mail relay; without one no mail is sent.', format: 'host', default: null },
    port: {
      doc: 'Port of the mail relay. Without it, 465 for `tls: implicit`, 587 for `tls: required`, else 25.',
      format: 'port',
      default: null,
    },
    tls: {
      doc: '`implicit`: TLS from the start. `required`: STARTTLS, or no mail. `opportunistic`: STARTTLS where it works, and never a password without. `none`: plain. Without it, `implicit` for `smtps://`, else `opportunistic`.',
      format: 'smtpTls',
      default: null,
    },
    username: { doc: 'Account at the relay.', format: 'text', default: null },
    password: { doc: 'Password of the account at the relay.', format: 'secret', default: null, sensitive: true },
    passwordFile: {
      doc: 'File with the password of the account at the relay.',
      format: 'path',
      default: null,
      example: '/etc/islet/smtp-password',
    },
    caFile: {
      doc: "Certificates (PEM) to trust instead of the system's.",
      format: 'path',
      default: null,
      example: '/etc/islet/ca.pem',
    },
    certFile: {
      doc: 'Our certificate (PEM), for a relay that wants one.',
      format: 'path',
      default: null,
      example: '/etc/islet/client.pem',
    },
    keyFile: {
      doc: 'The key of that certificate (PEM).',
      format: 'path',
      default: null,
      example: '/etc/islet/client.key',
    },
    from: {
      doc: 'Sender address of mails. Without it, `noreply@` and `server.name`.',
      format: 'mailbox',
      default: null,
      example: 'Example <noreply@example.org>',
    },
    ehloName: {
      doc: 'How we introduce ourselves to the relay. Without it, the host of `server.publicUrl`, or else of this machine.',
      format: 'host',
      default: null,
    },
    timeLimit: { doc: 'How long handing over one mail may take.', format: 'duration', default: '20s' },
  },

  sms: {
    gateways: { doc: 'Gateways for text messages, tried in this order.', format: 'gateways', default: [] },
    originators: {
      doc: 'Senders of text messages, by calling code: `long:` and `short:` numbers, `alpha:` names. One number always sees the same of several.',
      format: 'originators',
      default: { default: ['alpha:Matrix'] },
    },
    rules: {
      doc: 'Whether text messages are sent to a calling code: `allow` or `reject`; `default` is for all others. `satellite` (+870, +878, +881 to +883) and `premium` (premium rate and shared cost numbers of every country, +808, +979) are rejected unless they are allowed by these names, satellites also by their calling codes.',
      format: 'smsRules',
      default: { default: 'allow' },
    },
  },

  templates: {
    directory: {
      doc: 'Folder with your own templates, each in place of the shipped one of the same name.',
      format: 'path',
      default: null,
      example: '/etc/islet/templates',
    },
    brand: { doc: 'Brand for requests that name none.', format: 'text', default: 'islet' },
    brands: {
      doc: 'Brands for the users of some homeservers: server name and brand.',
      format: 'brands',
      default: {},
      example: { 'example.org': 'example' },
    },
    language: { doc: 'Language for readers who ask for none that exists.', format: 'text', default: 'en' },
  },

  terms: {
    directory: {
      doc: 'Folder with texts that users have to accept, as `<policy>/<version>/<language>.md`; they are shown as pages, and the newest version counts.',
      format: 'path',
      default: null,
      example: '/etc/islet/terms',
    },
    policies: {
      doc: 'Texts elsewhere that users have to accept, by the id of the policy.',
      format: 'policies',
      default: {},
    },
  },

  signing: {
    keyFile: {
      doc: 'File with the signing keys, made at the first start. Without it, `signing.key` in `dataDir`.',
      format: 'path',
      default: null,
      example: '/etc/islet/signing.key',
    },
  },

  v1: {
    allowFrom: {
      doc: 'Who may use version 1 of the API where it has no authentication: addresses, ranges, `loopback`, `private`; an empty list allows nobody, and so does the default where `server.publicUrl` needs a proxy that `listen.trustedProxies` does not name.',
      format: 'networks',
      default: ['loopback', 'private'],
    },
    allowOrigins: {
      doc: 'Web clients whose pages may use it there; those of `server.publicUrl`, `invites.webClient` and `invites.allowedWebClients` need no mention.',
      format: 'baseUrls',
      default: [],
      example: ['https://element.example.org'],
    },
    allowHosts: {
      doc: 'Further host names under which it is reached there. Addresses, names without a dot and the hosts in `server` and `listen` need no mention; for other names it is closed, because anybody can have a name lead here.',
      format: 'serverNames',
      default: [],
      example: ['islet.internal.example.org'],
    },
    bind: {
      doc: 'Whom version 1 binds addresses to, where nobody is signed in: users of `known` homeservers (named under `homeservers`, in `federation.allowedServers` or by a source; of all if none is named anywhere), of `all`, or `off`.',
      format: 'v1Bind',
      default: 'known',
    },
  },

  lookup: {
    maxAddresses: { doc: 'Most addresses that one lookup may name.', format: 'amount', default: 10_000 },
    identityServers: {
      doc: 'Accounts by which other identity servers ask here (`islet upstream login` there names its user): what they say in `Via` counts, so that no lookup goes round in a circle, and they are told where a pepper comes from.',
      format: 'mxids',
      default: [],
      example: ['@islet:partner.example'],
    },
    pepperLifetime: { doc: 'How long one lookup pepper is announced.', format: 'lifetime', default: '7d' },
    pepperGrace: { doc: 'How long a pepper is still accepted after that.', format: 'lifetime', default: '1h' },
  },

  validation: {
    tokenLength: { doc: 'Characters in the token of a mailed link.', format: 'tokenLength', default: 32 },
    codeLength: { doc: 'Digits of a texted code.', format: 'codeLength', default: 6 },
    nextLinks: {
      doc: 'Web servers that a mailed link may lead to in the end, where a client asks for it (`next_link`); those of `server.publicUrl`, `invites.webClient` and `invites.allowedWebClients` need no mention. Links to others are left out.',
      format: 'baseUrls',
      default: [],
      example: ['https://element.example.org'],
    },
    confirmPage: {
      doc: 'Whether a mailed link opens a page with one button, because mail scanners open links; `false` validates at once.',
      format: 'flag',
      default: true,
    },
  },

  bindings: {
    directoryOwned: {
      doc: 'What happens when a user binds an address that a directory assigns to someone else: `refuse` or `allow`.',
      format: 'refuseOrAllow',
      default: 'refuse',
    },
  },

  accessTokens: {
    perUser: {
      doc: 'Most access tokens of one user; the one that was used least recently ends first. `false` is without limit.',
      format: 'cap',
      default: 50,
    },
    idleLifetime: {
      doc: 'How long an access token stays good without being used; clients then sign in again by themselves.',
      format: 'lifetime',
      default: '90d',
    },
  },

  invites: {
    webClient: {
      doc: 'Web client that opens the links of invitation mails.',
      format: 'baseUrl',
      default: 'https://app.element.io',
      example: 'https://element.example.org',
    },
    lifetime: {
      doc: 'How long an invitation waits for its address to be bound; then its link and its key are not valid any more. Without it, for ever.',
      format: 'lifetime',
      default: null,
      example: '366d',
    },
    allowedWebClients: {
      doc: 'Further web clients that a homeserver may ask these links to lead to.',
      format: 'baseUrls',
      default: [],
      example: ['https://chat.example.org'],
    },
  },

  limits: {
    mail: {
      perAddress: { doc: 'Validation mails to one address.', format: 'rate', default: '5/1h' },
      perUser: { doc: 'Validation mails that one user asks for.', format: 'rate', default: '20/1h' },
      perHomeserver: {
        doc: 'Validation mails that the users of one homeserver ask for.',
        format: 'rate',
        default: '300/1h',
      },
      perClient: { doc: 'Validation mails that one client address asks for.', format: 'rate', default: '600/1h' },
    },
    sms: {
      perNumber: { doc: 'Text messages to one number.', format: 'rate', default: '3/1h' },
      perUser: { doc: 'Text messages that one user asks for.', format: 'rate', default: '5/1h' },
      perHomeserver: {
        doc: 'Text messages that the users of one homeserver ask for.',
        format: 'rate',
        default: '50/1h',
      },
      perClient: {
        doc: 'Text messages that one client address asks for without a user, as a homeserver does over v1.',
        format: 'rate',
        default: '50/1h',
      },
      perCountry: { doc: 'Text messages to one calling code.', format: 'rate', default: '100/1h' },
      perCountryAndHomeserver: {
        doc: 'How many of these one homeserver asks for, or one client without a user. Homeservers that the configuration names nowhere count as one, if it names any.',
        format: 'rate',
        default: '50/1h',
      },
    },
    invites: {
      perSender: { doc: 'Invitations by one user.', format: 'rate', default: '30/1h' },
      perHomeserver: { doc: 'Invitations by the users of one homeserver.', format: 'rate', default: '200/1h' },
      perClient: {
        doc: 'Invitations that one client address stores without a user, as a homeserver does over v1.',
        format: 'rate',
        default: '200/1h',
      },
      perAddress: {
        doc: 'Mails of invitations to one address. Further invitations are stored, and are all in one mail when there may be one again.',
        format: 'rate',
        default: '5/1h',
      },
    },
    wrongCodes: {
      perSession: { doc: 'Wrong codes after which a validation session is closed.', format: 'cap', default: 5 },
    },
    lookup: {
      addressesPerUser: {
        doc: 'Addresses that one user looks up; an invitation is one.',
        format: 'rate',
        default: '50000/1h',
      },
      addressesPerHomeserver: {
        doc: 'Addresses that the users of one homeserver look up.',
        format: 'rate',
        default: '500000/1h',
      },
      addressesPerClient: {
        doc: 'Addresses that one client address looks up without a user, over v1.',
        format: 'rate',
        default: '50000/1h',
      },
    },
    signIn: {
      perHomeserver: { doc: 'Sign-ins of the users of one homeserver.', format: 'rate', default: '3000/1h' },
      perClient: { doc: 'Sign-ins that one client address tries.', format: 'rate', default: '600/1h' },
    },
    servers: {
      doc: 'Limits of their own for those who ask for many: a user such as another identity server, the address of a client such as a homeserver that asks over v1, or a homeserver with all its users.',
      format: 'serverLimits',
      default: {},
    },
  },

  log: {
    level: {
      doc: 'Least important level that is written: `error`, `warn`, `info` or `debug`.',
      format: 'logLevel',
      default: 'info',
    },
    format: {
      doc: '`json`, one object a line; `pretty` for people; `auto` is `pretty` on a terminal, else `json`.',
      format: 'logFormat',
      default: 'auto',
    },
    file: {
      doc: 'File to write to instead of standard error; opened anew on SIGHUP.',
      format: 'path',
      default: null,
      example: '/var/log/islet/islet.log',
    },
  },

  pidFile: {
    doc: 'File to write the process id to.',
    format: 'path',
    default: null,
    example: '/run/islet/islet.pid',
  },
} as const satisfies Section;

export const isOption = (node: Option | Section): node is Option => typeof node['doc'] === 'string';
