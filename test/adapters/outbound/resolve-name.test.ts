import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveName } from '../../../src/adapters/outbound/resolve-name.js';

let nameServer: Socket;
const asked: string[] = [];

/** The name in a DNS question, which begins after the header. */
function nameIn(question: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; question[at]; at += (question[at] ?? 0) + 1) {
    labels.push(question.subarray(at + 1, at + 1 + (question[at] ?? 0)).toString());
  }
  return labels.join('.');
}

const NO_ERROR = 0x8180;
const UNKNOWN = 0x8183;
const REFUSED = 0x8185;

/**
 * An answer: the question, and 192.0.2.7 if it asks for an IPv4 address of `good.example` or `hosts.example`. Of the
 * latter, everything else is refused, as dnsmasq does without an upstream server.
 */
function answerTo(question: Buffer): Buffer {
  const name = nameIn(question);
  const end = 12 + name.length + 2 + 4;
  const isKnown = name === 'good.example' || name === 'hosts.example';
  const hasAddress = isKnown && question.readUInt16BE(end - 4) === 1;
  const header = Buffer.from(question.subarray(0, 12));
  const isRefused = name === 'hosts.example' && !hasAddress;
  header.writeUInt16BE(isRefused ? REFUSED : isKnown ? NO_ERROR : UNKNOWN, 2);
  header.writeUInt16BE(hasAddress ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
  return Buffer.concat([header, question.subarray(12, end), ...(hasAddress ? [record] : [])]);
}

beforeAll(async () => {
  nameServer = createSocket('udp4').on('message', (question, { port, address }) => {
    const name = nameIn(question);
    asked.push(name);
    if (!name.startsWith('silent')) nameServer.send(answerTo(question), port, address);
  });
  nameServer.bind(0, '127.0.0.1');
  await once(nameServer, 'listening');
});
afterAll(() => void nameServer.close());

const resolve = (name: string, options: { timeLimitMs?: number; hostsFile?: string; family?: number } = {}) => {
  const servers = [`127.0.0.1:${(nameServer.address() as AddressInfo).port}`];
  return resolveName(name, { family: 0, servers, hostsFile: '/dev/null', ...options });
};

describe('the resolution of names that clients choose', () => {
  it('is separate for each name: name servers that never answer delay nobody else', async () => {
    const ended: string[] = [];
    const silent = Array.from({ length: 20 }, (_none, at) =>
      resolve(`silent${at}.example`, { timeLimitMs: 1_000 }).catch((error: NodeJS.ErrnoException) => {
        ended.push(String(error.code));
      }),
    );
    expect(await resolve('good.example')).toEqual([{ address: '192.0.2.7', family: 4 }]);
    expect(ended).toEqual([]);
    await Promise.all(silent);
    expect(ended).toEqual(Array.from({ length: 20 }, () => 'EAI_AGAIN'));
  });

  it('distinguishes names that do not exist from names without an answer', async () => {
    await expect(resolve('nobody.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolve('good.example', { family: 6 })).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('uses the addresses of one family if the name server refuses the query for the other', async () => {
    expect(await resolve('hosts.example')).toEqual([{ address: '192.0.2.7', family: 4 }]);
    await expect(resolve('hosts.example', { family: 6 })).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });

  it('uses the hosts file of this machine first', async () => {
    const hostsFile = join(await mkdtemp(join(tmpdir(), 'islet-hosts-')), 'hosts');
    await writeFile(hostsFile, '# ours\n10.1.2.3  hs.lan HS # homeserver\nfd00::5 hs.lan\nnonsense hs.lan\n');
    asked.length = 0;
    expect(await resolve('HS.lan', { hostsFile })).toEqual([
      { address: '10.1.2.3', family: 4 },
      { address: 'fd00::5', family: 6 },
    ]);
    expect(await resolve('hs', { hostsFile, family: 4 })).toEqual([{ address: '10.1.2.3', family: 4 }]);
    expect(await resolve('a.localhost', { family: 6 })).toEqual([{ address: '::1', family: 6 }]);
    expect(asked).toEqual([]);
  });

  it('has a limited number of places, and refuses further names at once', async () => {
    const many = Array.from({ length: 300 }, (_none, at) => resolve(`silent${at}.example`, { timeLimitMs: 1_500 }));
    const failures = await Promise.all(many.map((lookup) => lookup.catch((error: Error) => error.message)));
    expect(failures.filter((message) => message === 'too many names are waiting to be resolved')).toHaveLength(44);
  });
});
