import type { Socket } from 'node:net';
import type { Telemetry } from '../../ports/telemetry.js';
import { HOUR_MS } from '../../domain/shared/durations.js';

/** Answers on a connection whose bytes Node.js could not read as a request. */
export type UnreadableHandler = (error: ReadError, socket: Socket) => void;

/** An error of Node.js's HTTP parser. `rawPacket` has the bytes that were read last. */
type ReadError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** Protocols that proxies speak to an HTTP port by mistake, and how the bytes begin. */
const otherProtocols = [
  {
    protocol: 'PROXY',
    begins: [Buffer.from('PROXY '), Buffer.from('\r\n\r\n\0\r\nQUIT\n')],
    fix: 'remove `send-proxy` (HAProxy) or `proxy_protocol` (nginx), and let the proxy set X-Forwarded-For',
  },
  { protocol: 'TLS', begins: [Buffer.from([0x16, 0x03])], fix: 'the proxy must use http://, not https://' },
  { protocol: 'HTTP/2', begins: [Buffer.from('PRI * HTTP/2')], fix: 'the proxy must use HTTP/1.1' },
] as const;

const answers: Readonly<Record<string, readonly [status: string, errcode: string, error: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'M_TOO_LARGE', 'The headers are longer than 16 kB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'M_TOO_LARGE', 'The chunk extensions are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'M_UNKNOWN', 'The request was not complete in time'],
};
const notHttp = ['400 Bad Request', 'M_UNKNOWN', 'This is not a valid HTTP/1.1 request'] as const;

/**
 * Answers requests that cannot be read with a Matrix error and closes the connection. Logs other protocols with what
 * to do, each at most once an hour.
 *
 * @param listener the option with the address, for the log
 */
export function unreadableRequests(
  telemetry: Telemetry,
  listener: string,
  now = () => performance.now(),
): UnreadableHandler {
  const loggedAt = new Map<string, number>();
  return (error, socket) => {
    const bytes = error.rawPacket;
    const found = bytes && otherProtocols.find(({ begins }) => begins.some((start) => startsWith(bytes, start)));
    const last = found && loggedAt.get(found.protocol);
    if (found && (last === undefined || now() - last >= HOUR_MS)) {
      loggedAt.set(found.protocol, now());
      const { protocol, fix } = found;
      const message = `a client or proxy speaks ${protocol} to \`${listener}\`, which reads HTTP/1.1 only: ${fix}`;
      telemetry.warn(message, { event: 'protocol_unknown', protocol, listener, client: socket.remoteAddress });
    }
    if (!found) {
      const facts = { event: 'request_unreadable', reason: error.code, listener, client: socket.remoteAddress };
      telemetry.debug('a request cannot be read', facts);
    }
    const [status, errcode, text] = answers[error.code ?? ''] ?? notHttp;
    const body = JSON.stringify({ errcode, error: text });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\n` +
        `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  };
}

const startsWith = (bytes: Buffer, start: Buffer): boolean => bytes.subarray(0, start.length).equals(start);
