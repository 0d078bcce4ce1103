import { spawn } from 'node:child_process';
import { once } from 'node:events';

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

/** Sends JSON to the API, without the checks of the test client, which take time. */
export const poster =
  (url: string, token: string) =>
  async (path: string, body: object): Promise<Answer> => {
    const response = await fetch(`${url}/_matrix/identity${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };

/** Signs in as alice of the stand-in for a homeserver. @returns her access token */
export async function signInAlice(url: string): Promise<string> {
  const openId = { access_token: 'token-of-alice', token_type: 'Bearer', matrix_server_name: 'example.org' };
  const { body } = await poster(url, '')('/v2/account/register', { ...openId, expires_in: 3600 });
  return String(body['token']);
}
