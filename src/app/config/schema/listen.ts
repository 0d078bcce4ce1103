/** The listener for clients and homeservers. */
export const listen = {
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
} as const;
