import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';

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
 * Sends JSON to the API over keep-alive connections, without the checks of the test client, and without `fetch`: both
 * take processor time that the measured processes need.
 */
export function poster(url: string, token: string) {
  const agent = new Agent({ keepAlive: true });
  return async (path: string, body: object): Promise<Answer> => {
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': bytes.length,
    };
    const sent = request(`${url}/_matrix/identity${path}`, { method: 'POST', agent, headers });
    sent.end(bytes);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: (await json(response)) as Answer['body'] };
  };
}

/** Signs in as the user alice of the homeserver stand-in. @returns her access token */
export async function signInAlice(url: string): Promise<string> {
  const openId = { access_token: 'token-of-alice', token_type: 'Bearer', matrix_server_name: 'example.org' };
  const { body } = await poster(url, '')('/v2/account/register', { ...openId, expires_in: 3600 });
  return String(body['token']);
}
