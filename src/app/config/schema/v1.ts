/** Who may use version 1 of the API. */
export const v1 = {
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
} as const;
