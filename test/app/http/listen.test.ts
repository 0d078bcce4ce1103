import { EventEmitter, once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../src/app/http/listen.js';
import { eventually } from '../../support/eventually.js';

const LONG_MS = 60_000;

/** A keep-alive connection like that of a proxy. */
async function keptConnection(port: number) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return {
    socket,
    ask: () => socket.write('GET / HTTP/1.1\r\nHost: id.example.org\r\n\r\n'),
    answer: () => answerOn(socket),
  };
}

async function answerOn(socket: Socket): Promise<string> {
  let text = '';
  while (!text.endsWith('ok')) text += String((await once(socket, 'data'))[0]);
  return text;
}

async function listening(app: RequestListener = (_req, res) => res.end('ok')) {
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close(0, 0));
  return server;
}

describe('the listener', () => {
  it('keeps idle connections longer than proxies do', async () => {
    const { port } = await listening();
    const { ask, answer } = await keptConnection(port);
    ask();
    expect(await answer()).toContain('Keep-Alive: timeout=76\r\n');
  });

  it('announces the end of an idle connection with the next response before it closes', async () => {
    const { port, close } = await listening();
    const { socket, ask, answer } = await keptConnection(port);
    ask();
    expect(await answer()).toContain('Connection: keep-alive\r\n');

    const closed = close(LONG_MS, LONG_MS);
    ask();
    expect(await answer()).toContain('Connection: close\r\n');
    await once(socket, 'close');
    await closed;
  });

  it('answers open requests before it closes, and announces the end', async () => {
    const held: ServerResponse[] = [];
    const events = new EventEmitter();
    const { port, close } = await listening((_req, res) => {
      held.push(res);
      events.emit('asked');
    });
    const { ask, answer } = await keptConnection(port);
    const asked = once(events, 'asked');
    ask();
    await asked;
    const closed = close(0, LONG_MS);
    held[0]?.end('ok');
    expect(await answer()).toContain('Connection: close\r\n');
    await closed;
  });

  it('answers clients that the kernel has accepted and this process has not', async () => {
    const { port, close } = await listening();
    const clients = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
    const answers = clients.map((client) => {
      client.write('GET / HTTP/1.1\r\nHost: id.example.org\r\n\r\n');
      return answerOn(client);
    });
    await new Promise((resolve) => process.nextTick(resolve)); // Node.js has begun to connect
    const closed = close(0, LONG_MS);
    expect(await Promise.all(answers)).toHaveLength(20);
    await closed;
  });

  it('accepts no new connection while it closes, and waits for idle ones only for the given time', async () => {
    const { port, close } = await listening();
    const { socket, ask, answer } = await keptConnection(port);
    ask();
    await answer();
    const closed = Promise.all([close(0, LONG_MS), once(socket, 'close')]);
    const refusal = () =>
      keptConnection(port).then(
        ({ socket: early }) => void early.destroy(), // it was waiting when the listener closed
        (error: unknown) => error,
      );
    await eventually(refusal);
    expect(await refusal()).toMatchObject({ code: 'ECONNREFUSED' });
    await closed;
  });

  it('closes connections that do not end', async () => {
    const events = new EventEmitter();
    const { port, close } = await listening(() => events.emit('asked'));
    const { socket, ask } = await keptConnection(port);
    const asked = once(events, 'asked');
    ask();
    await asked;
    await expect(Promise.all([close(0, 0), once(socket, 'close')])).resolves.toBeDefined();
  });

  it.each([
    ['another program uses it', () => listening(), {}, 'EADDRINUSE'],
    ['this machine does not have this address', undefined, { host: '192.0.2.1' }, 'EADDRNOTAVAIL'],
  ])('names the option and the reason if %s', async (words, before, where, code) => {
    const place = { host: '127.0.0.1', port: (await before?.())?.port ?? 0, ...where };
    const message = `admin: cannot listen on ${place.host}:${place.port}, ${words}`;
    await expect(listen(() => undefined, place, 'admin')).rejects.toMatchObject({ message, code });
  });
});
