/** The listener for operators. */
export const admin = {
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
} as const;
