import type { FormatName } from './formats.js';
import { search } from './search.js';

/** One option in the form that convict expects. */
export interface Option {
  /** Description for the documentation: short sentences, unit and default where the format does not show them. */
  readonly doc: string;
  readonly format: FormatName;
  /** As written in the file; `null` for no default. */
  readonly default: unknown;
  /** Its value is never printed. */
  readonly sensitive?: true;
  /** An example value for the documentation. */
  readonly example?: unknown;
}

export interface Section {
  readonly [key: string]: Option | Section;
}

/**
 * Every option of the configuration file. Options with a structured value (lists, maps) are described at their format.
 */
export const schema = {
  server: {
    name: {
      doc: 'Server name of this identity server. Clients send it as `id_server`, and associations are signed in this name.',
      format: 'serverName',
      default: 'localhost',
      example: 'id.example.org',
    },
    otherNames: {
      doc: 'Other names under which homeservers know this server, such as the name with its port, or an earlier name. Signed unbind requests are accepted for each of them.',
      format: 'serverNames',
      default: [],
      example: ['id.example.org:8090'],
    },
    publicUrl: {
      doc: 'Public URL of this server. Links in mails and key validity URLs start with it. Default: `http://` and the address in `listen`.',
      format: 'origin',
      default: null,
      example: 'https://id.example.org',
    },
  },

  listen: {
    host: {
      doc: 'Address to listen on. Put a reverse proxy with TLS in front.',
      format: 'host',
      default: '127.0.0.1',
    },
    port: { doc: 'Port to listen on; 0 chooses a free port.', format: 'port', default: 8090 },
    trustedProxies: {
      doc: 'IP addresses and ranges of your reverse proxies. `X-Forwarded-For` is accepted only from them.',
      format: 'cidrs',
      default: [],
      example: ['127.0.0.1/32'],
    },
    idleTimeout: {
      doc: 'Time after which an idle connection is closed. Set it longer than the idle timeout of the proxy; otherwise requests can get lost.',
      format: 'duration',
      default: '76s',
    },
  },

  admin: {
    host: {
      doc: 'Address for health checks, metrics and the `islet` command. Only operators may be able to reach it.',
      format: 'host',
      default: '127.0.0.1',
    },
    port: {
      doc: 'Port for health checks, metrics, the `islet` command and the admin page; 0 chooses a free port.',
      format: 'port',
      default: 8091,
    },
    hosts: {
      doc: 'Further host names of the admin page, under which a reverse proxy reaches it. IP addresses, names without a dot and `admin.host` need no entry. Requests for other names are refused as a protection against DNS rebinding.',
      format: 'serverNames',
      default: [],
      example: ['islet-admin.example.org'],
    },
    trustedProxies: {
      doc: 'IP addresses and ranges of reverse proxies that sign administrators in. Every program there can be any administrator. Only with `admin.userHeader`.',
      format: 'cidrs',
      default: [],
      example: ['10.0.0.5/32'],
    },
    userHeader: {
      doc: 'Header in which a proxy of `admin.trustedProxies` names the administrator that it signed in. Default: none, only `islet admin open` signs in.',
      format: 'headerName',
      default: null,
      example: 'X-Forwarded-User',
    },
  },

  dataDir: {
    doc: 'Folder for the SQLite file and the signing key. Default: `data` in the current working directory.',
    format: 'path',
    default: 'data',
    example: '/var/lib/islet',
  },

  database: {
    url: {
      doc: 'PostgreSQL connection URL, as libpq accepts it. For TLS, add `?sslmode=verify-full&sslrootcert=…`. Default: SQLite in `dataDir`.',
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
      doc: "CA certificates (PEM) to trust instead of the system's. Turns TLS on.",
      format: 'path',
      default: null,
      example: '/etc/islet/ca.pem',
    },
    certFile: {
      doc: 'Client certificate (PEM), if PostgreSQL requires one.',
      format: 'path',
      default: null,
      example: '/etc/islet/client.pem',
    },
    keyFile: {
      doc: 'Private key (PEM) of the client certificate.',
      format: 'path',
      default: null,
      example: '/etc/islet/client.key',
    },
    connections: {
      doc: 'Maximum number of connections to PostgreSQL, including one that listens for changes. For two instances behind a pooler with 20 connections, set 10 for each.',
      format: 'databaseConnections',
      default: 10,
    },
    file: { doc: 'Path of the SQLite file. Default: `islet.db` in `dataDir`.', format: 'path', default: null },
  },

  sources: {
    doc: 'Sources that are asked which user has an address, in this order. The first answer wins.',
    format: 'sources',
    default: [],
  },

  search,

  homeservers: {
    doc: 'Homeservers that are reached directly, without discovery (well-known, DNS, port 8448), by server name.',
    format: 'homeservers',
    default: {},
  },

  federation: {
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
  },

  mail: {
    smtpUrl: {
      doc: 'SMTP server as one URL, instead of `host`, `port` and `username`: `smtps://user@host:port` for TLS from the start, `smtp://` otherwise.',
      format: 'smtpUrl',
      default: null,
      sensitive: true,
      example: 'smtps://islet@mail.example.org',
    },
    host: { doc: 'Host name of the SMTP server. Without it, no mail is sent.', format: 'host', default: null },
    port: {
      doc: 'Port of the SMTP server. Default: 465 for `tls: implicit`, 587 for `tls: required`, otherwise 25.',
      format: 'port',
      default: null,
    },
    tls: {
      doc: '`implicit`: TLS from the start. `required`: STARTTLS; without it, no mail is sent. `opportunistic`: STARTTLS if available; a password is never sent without TLS. `none`: no TLS. Default: `implicit` for `smtps://`, otherwise `opportunistic`.',
      format: 'smtpTls',
      default: null,
    },
    username: { doc: 'User name at the SMTP server.', format: 'text', default: null },
    password: { doc: 'Password for `username`.', format: 'secret', default: null, sensitive: true },
    passwordFile: {
      doc: 'File with the password for `username`.',
      format: 'path',
      default: null,
      example: '/etc/islet/smtp-password',
    },
    caFile: {
      doc: "CA certificates (PEM) to trust instead of the system's.",
      format: 'path',
      default: null,
      example: '/etc/islet/ca.pem',
    },
    certFile: {
      doc: 'Client certificate (PEM), if the SMTP server requires one.',
      format: 'path',
      default: null,
      example: '/etc/islet/client.pem',
    },
    keyFile: {
      doc: 'Private key (PEM) of the client certificate.',
      format: 'path',
      default: null,
      example: '/etc/islet/client.key',
    },
    from: {
      doc: 'Sender address of mails. Default: `noreply@` and `server.name`.',
      format: 'mailbox',
      default: null,
      example: 'Example <noreply@example.org>',
    },
    ehloName: {
      doc: 'Host name in the EHLO command. Default: the host of `server.publicUrl`, otherwise the host name of this machine.',
      format: 'host',
      default: null,
    },
    timeLimit: { doc: 'Time limit for handing one mail to the SMTP server.', format: 'duration', default: '20s' },
  },

  sms: {
    gateways: { doc: 'Gateways for text messages, tried in this order.', format: 'gateways', default: [] },
    originators: {
      doc: 'Senders of text messages by calling code: `long:` and `short:` numbers, `alpha:` names. If there are several, a phone number always gets the same one.',
      format: 'originators',
      default: { default: ['alpha:Matrix'] },
    },
    rules: {
      doc: 'Whether text messages are sent to a calling code: `allow` or `reject`. `default` applies to all calling codes that are not listed. `satellite` (+870, +878, +881 to +883) and `premium` (premium rate and shared cost numbers of every country, +808, +979) are rejected unless you allow them by these names; satellite numbers can also be allowed by their calling codes.',
      format: 'smsRules',
      default: { default: 'allow' },
    },
  },

  templates: {
    directory: {
      doc: 'Folder with your own templates. Each replaces the built-in template of the same name.',
      format: 'path',
      default: null,
      example: '/etc/islet/templates',
    },
    brand: { doc: 'Brand for requests that do not name one.', format: 'text', default: 'islet' },
    brands: {
      doc: 'Brand for the users of a homeserver, by server name.',
      format: 'brands',
      default: {},
      example: { 'example.org': 'example' },
    },
    language: {
      doc: 'Language for recipients whose preferred language has no templates.',
      format: 'text',
      default: 'en',
    },
  },

  terms: {
    directory: {
      doc: 'Folder with terms that users have to accept, as `<policy>/<version>/<language>.md`. Islet serves them as pages; the newest version of each policy applies.',
      format: 'path',
      default: null,
      example: '/etc/islet/terms',
    },
    policies: {
      doc: 'Terms on other web sites that users have to accept, by policy ID.',
      format: 'policies',
      default: {},
    },
  },

  signing: {
    keyFile: {
      doc: 'File with the signing keys; created at the first start. Default: `signing.key` in `dataDir`.',
      format: 'path',
      default: null,
      example: '/etc/islet/signing.key',
    },
  },

  v1: {
    allowFrom: {
      doc: 'Networks that may use the endpoints of API version 1, which have no authentication: IP addresses, ranges, `loopback`, `private`. An empty list allows nobody. The default also allows nobody if `server.publicUrl` implies a proxy but `listen.trustedProxies` is empty.',
      format: 'networks',
      default: ['loopback', 'private'],
    },
    allowOrigins: {
      doc: 'Web clients that may use these endpoints from a browser. `server.publicUrl`, `invites.webClient` and `invites.allowedWebClients` are always allowed.',
      format: 'baseUrls',
      default: [],
      example: ['https://element.example.org'],
    },
    allowHosts: {
      doc: 'Additional host names for these endpoints. IP addresses, names without a dot, and the hosts in `server` and `listen` are always allowed. Requests for other names are refused as a protection against DNS rebinding.',
      format: 'serverNames',
      default: [],
      example: ['islet.internal.example.org'],
    },
    bind: {
      doc: 'Users to whom version 1 binds addresses without authentication. `known`: users of homeservers that are named under `homeservers`, in `federation.allowedServers` or by a source; if none is named, users of all. `all`: users of all homeservers. `off`: nobody.',
      format: 'v1Bind',
      default: 'known',
    },
  },

  lookup: {
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
  },

  validation: {
    tokenLength: { doc: 'Number of characters in the token of a mailed link.', format: 'tokenLength', default: 32 },
    codeLength: { doc: 'Number of digits in a code that is sent by text message.', format: 'codeLength', default: 6 },
    nextLinks: {
      doc: 'Web sites to which a client may send people after validation (`next_link`). `server.publicUrl`, `invites.webClient` and `invites.allowedWebClients` are always allowed. Links to other sites are ignored.',
      format: 'baseUrls',
      default: [],
      example: ['https://element.example.org'],
    },
    confirmPage: {
      doc: 'Whether a mailed link opens a page with a button that confirms the address. This keeps mail scanners, which open links, from validating it. `false`: opening the link validates the address.',
      format: 'flag',
      default: true,
    },
  },

  bindings: {
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
  },

  accessTokens: {
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
  },

  invites: {
    webClient: {
      doc: 'Web client that opens the links of invitation mails.',
      format: 'baseUrl',
      default: 'https://app.element.io',
      example: 'https://element.example.org',
    },
    lifetime: {
      doc: 'Time after which an invitation expires if its address has not been bound; its link and its key are then invalid. Default: never.',
      format: 'lifetime',
      default: null,
      example: '366d',
    },
    allowedWebClients: {
      doc: 'Additional web clients that a homeserver may choose for these links.',
      format: 'baseUrls',
      default: [],
      example: ['https://chat.example.org'],
    },
  },

  retention: {
    deliveredInvites: {
      doc: 'Time for which an invitation is kept after it was handed over to the homeserver of the invited person; `false` for ever. Its public key is kept for ever, because rooms refer to it.',
      format: 'retention',
      default: '90d',
    },
    formerUsers: {
      doc: 'Time for which the record and the suspended bindings of a person who left the directory are kept; `false` for ever. After that, a person who returns has to bind their own addresses again.',
      format: 'retention',
      default: '366d',
    },
    formerTerms: {
      doc: 'Time for which acceptances of terms are kept that a newer version has replaced; `false` for ever.',
      format: 'retention',
      default: '1096d',
    },
  },

  limits: {
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
  },

  log: {
    level: {
      doc: 'Lowest level that is logged: `error`, `warn`, `info` or `debug`.',
      format: 'logLevel',
      default: 'info',
    },
    format: {
      doc: '`json`: one JSON object per line. `pretty`: text for reading. `auto`: `pretty` on a terminal, otherwise `json`.',
      format: 'logFormat',
      default: 'auto',
    },
    file: {
      doc: 'File to log to instead of standard error. It is reopened on SIGHUP.',
      format: 'path',
      default: null,
      example: '/var/log/islet/islet.log',
    },
  },

  audit: {
    file: {
      doc: 'File for the audit trail, one JSON object per line. It is reopened on SIGHUP. Default: the entries are written to the log with the event `audit`.',
      format: 'path',
      default: null,
      example: '/var/log/islet/audit.log',
    },
    keep: {
      doc: 'How long the database keeps entries of the audit trail that are in the file or in the log. `islet audit` shows them for this time.',
      format: 'lifetime',
      default: '90d',
    },
  },

  pidFile: {
    doc: 'File to which the process ID is written.',
    format: 'path',
    default: null,
    example: '/run/islet/islet.pid',
  },
} as const satisfies Section;

export const isOption = (node: Option | Section): node is Option => typeof node['doc'] === 'string';
