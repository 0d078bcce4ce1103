import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../src/app/http/listen.js';
import { unreadableRequests } from '../../../src/app/http/unreadable-requests.js';
import { RecordingTelemetry } from '../../support/fakes.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: id.example.org\r\n';

/** A listener, and its response to bytes. */
async function listening() {
  const telemetry = new RecordingTelemetry();
  let time = 0;
  const onUnreadable = unreadableRequests(telemetry, 'listen', () => time);
  const server = await listen((_req, res) => res.end('ok'), { host: '127.0.0.1', port: 0 }, 'listen', onUnreadable);
  onTestFinished(() => server.close(0, 0));
  return {
    telemetry,
    port: server.port,
    pass: (ms: number) => void (time += ms),
    send: async (bytes: string | Buffer) => {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(bytes);
      return Buffer.concat((await socket.toArray()) as Buffer[]).toString();
    },
  };
}

describe('bytes that are not an HTTP request', () => {
  it.each([
    ['PROXY', 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 8090\r\n', 'send-proxy'],
    ['PROXY', Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000201c000020200500050', 'hex'), 'send-proxy'],
    ['TLS', Buffer.from('16030100050100000100', 'hex'), 'http://, not https://'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HTTP/1.1'],
  ])('but of the protocol %s are answered, and logged with a remedy', async (protocol, bytes, fix) => {
    const { send, telemetry } = await listening();
    const answer = await send(bytes);
    expect(answer).toContain('HTTP/1.1 400 Bad Request\r\n');
    expect(answer).toContain('\r\n\r\n{"errcode":"M_UNKNOWN","error":"This is not a valid HTTP/1.1 request"}');
    const facts = { protocol, listener: 'listen', client: '127.0.0.1' };
    expect(telemetry.lines).toEqual([{ message: expect.stringContaining(fix) as string, facts }]);
    expect(telemetry.events).toEqual([{ level: 'warn', event: 'protocol_unknown' }]);
  });

  it('are logged once an hour, however often they arrive', async () => {
    const { send, telemetry, pass } = await listening();
    const proxied = 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 8090\r\n';
    await send(proxied);
    pass(3_599_999);
    await send(proxied);
    expect(telemetry.lines).toHaveLength(1);
    pass(1);
    await send(proxied);
    expect(telemetry.lines).toHaveLength(2);
  });

  it.each([
    ['headers of 17 kB', `${REQUEST}X-Long: ${'x'.repeat(17_000)}\r\n\r\n`, '431 Request Header', 'M_TOO_LARGE'],
    ['words of no protocol', 'good morning\r\n\r\n', '400 Bad Request', 'M_UNKNOWN'],
    ['two lengths', `${REQUEST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, '400 Bad Request', 'M_UNKNOWN'],
  ])('are answered with a Matrix error: %s', async (_name, bytes, status, errcode) => {
    const { send, telemetry } = await listening();
    const answer = await send(bytes);
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ errcode });
    expect(answer).toContain('Access-Control-Allow-Origin: *\r\n');
    expect(telemetry.events).toEqual([{ level: 'debug', event: 'request_unreadable' }]);
  });

  it('after a request receive their own response', async () => {
    const { port } = await listening();
    const socket = connect(port, '127.0.0.1');
    socket.write(`${REQUEST}\r\n`);
    expect(String((await once(socket, 'data'))[0])).toContain('HTTP/1.1 200 OK');
    socket.write('good morning\r\n\r\n');
    expect(String((await once(socket, 'data'))[0])).toContain('HTTP/1.1 400 Bad Request');
  });
});
