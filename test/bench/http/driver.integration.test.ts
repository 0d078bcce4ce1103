import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Closing, startDriver } from '../servers.js';

const BODY = JSON.stringify({ mappings: 'x'.repeat(200) });
const answerOf = (body: string, length = body.length, status = 'HTTP/1.1 200 OK') =>
  `${status}\r\nDate: now\r\nContent-Length: ${length}\r\n\r\n${body}`;
const RIGHT = answerOf(BODY);

describe('the load driver', () => {
  const closing: Closing = [];
  let driver: ChildProcess;
  let server: Server;

  beforeAll(() => {
    driver = startDriver(closing);
  });
  afterEach(() => {
    server.close();
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  /** What the driver says of a server that sends these texts, one after each request, and then the last one again. */
  async function driveAt(texts: readonly (string | readonly string[])[], isBeginning = false) {
    let next = 0;
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => {
        const text = texts[Math.min(next++, texts.length - 1)] ?? '';
        for (const [at, part] of [text].flat().entries()) setTimeout(() => socket.write(part), 5 * at);
      });
      setTimeout(() => socket.end(), 400).unref();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = isBeginning ? BODY.slice(0, 20) : BODY;
    const request = { head: 'GET / HTTP/1.1', body: '', answer, ...(isBeginning && { isBeginning }) };
    const reply = once(driver, 'message');
    driver.send({ port, requests: [request], clients: 2, ms: 60 });
    const [figures] = (await reply) as [{ answered?: number; error?: string }];
    return figures;
  }

  it('counts right answers, in one piece or in several', async () => {
    const figures = await driveAt([RIGHT]);
    expect(figures).toMatchObject({ answered: expect.any(Number), p50: expect.any(Number) });
    expect(figures.answered).toBeGreaterThan(2);
    const pieces = [RIGHT.slice(0, 10), RIGHT.slice(10, 90), RIGHT.slice(90)];
    expect((await driveAt([pieces])).answered).toBeGreaterThan(2);
    expect((await driveAt([RIGHT, pieces])).answered).toBeGreaterThan(2);
    expect((await driveAt([RIGHT], true)).answered).toBeGreaterThan(2);
  });

  it.each([
    ['a wrong answer', answerOf(BODY.replace('x', 'y')), 'Error: a wrong answer: {"mappings":"yxx'],
    ['an error', answerOf('{}', 2, 'HTTP/1.1 404 Not Found'), 'Error: an answer with HTTP/1.1 404 : {}'],
    ['another status line', answerOf(BODY, BODY.length, 'HTTP/1.1 2004 OK'), 'Error: an answer with HTTP/1.1 2004:'],
    ['an answer that is too short', answerOf('{}'), 'Error: a wrong answer: {}'],
    ['an answer without a length', 'HTTP/1.1 200 OK\r\n\r\n{}', 'Error: an answer without a length'],
    ['more than its length', answerOf(BODY, 10), 'Error: more than one answer'],
    ['less than its length', answerOf(BODY, 999), 'Error: the server closed a connection'],
  ])('fails for %s, also after a right one', async (_case, text, message) => {
    expect((await driveAt([text])).error?.startsWith(message)).toBe(true);
    expect((await driveAt([RIGHT, RIGHT, RIGHT, text])).error?.startsWith(message)).toBe(true);
  });

  it('waits for all of an answer of which only the beginning is known', async () => {
    const part = answerOf(BODY.slice(0, 20), BODY.length);
    expect((await driveAt([RIGHT, RIGHT, part], true)).error).toBe('Error: the server closed a connection');
  });
});
