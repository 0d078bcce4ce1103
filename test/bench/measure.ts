import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** How long something takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

/** The output of a program that exits with 0. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${program} ended with ${child.exitCode}`);
  return Buffer.concat(chunks).toString();
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Sends JSON to the API over keep-alive connections, written here because a client of HTTP takes as much processor time
 * for a request as the measured processes need.
 */
export function poster(url: string, token: string) {
  const { hostname, port } = new URL(url);
  const idle: Socket[] = [];
  const usable = () => {
    let socket = idle.pop();
    while (socket?.destroyed) socket = idle.pop();
    return socket;
  };
  // Errors of idle connections: they are destroyed then.
  const connected = () => connect({ host: hostname, port: Number(port), noDelay: true }).on('error', () => undefined);
  return async (path: string, body: object): Promise<Answer> => {
    const socket = usable() ?? connected();
    const text = JSON.stringify(body);
    socket.write(
      `POST /_matrix/identity${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
    const answer = await answerOn(socket);
    idle.push(socket);
    return answer;
  };
}

/** One answer with a `Content-Length`. */
function answerOn(socket: Socket): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settle = (end: () => void) => {
      socket.off('data', read).off('error', fail).off('close', fail);
      end();
    };
    const fail = (cause?: unknown) => settle(() => reject(new Error('a connection was closed', { cause })));
    const read = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const [head, length] = /^[^]*?\r\ncontent-length: (\d+)\r\n(?:[^]*?\r\n)?\r\n/i.exec(text) ?? [];
      if (head === undefined && text.includes('\r\n\r\n')) fail(new Error('an answer without a length'));
      if (head === undefined || text.length < head.length + Number(length)) return;
      const json = Buffer.from(text.slice(head.length), 'latin1').toString();
      settle(() => resolve({ status: Number(head.slice(9, 12)), body: JSON.parse(json) as Answer['body'] }));
    };
    socket.on('data', read).on('error', fail).on('close', fail);
  });
}

/** Signs in as the user alice of the homeserver stand-in. @returns her access token */
export async function signInAlice(url: string): Promise<string> {
  const openId = { access_token: 'token-of-alice', token_type: 'Bearer', matrix_server_name: 'example.org' };
  const { body } = await poster(url, '')('/v2/account/register', { ...openId, expires_in: 3600 });
  return String(body['token']);
}
