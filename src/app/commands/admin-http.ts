import { createWriteStream } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** There was no answer, or none that could be read. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(
    readonly code: string | undefined,
    options: ErrorOptions,
  ) {
    super('no answer', options);
  }
}

/** The answer has an error status. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  /** @param text the error message of the server, if it sent one */
  constructor(
    readonly status: number,
    text: string | undefined,
  ) {
    super(text ?? `the admin listener answered with status ${status}`);
  }
}

type Query = Readonly<Record<string, string | boolean | undefined>>;

export interface AdminRequest {
  readonly method?: 'GET' | 'POST';
  readonly query?: Query;
  readonly timeoutMs?: number;
}

/**
 * Sends requests to the admin listener. It has few dependencies, so that commands start quickly.
 *
 * @throws NoAnswerError, RefusedError
 */
export type AdminHttp = <T>(path: string, options?: AdminRequest) => Promise<T>;

/** @param operator whose name the audit trail states */
export const adminHttp =
  (host: string, port: number, adminToken?: string, operator?: string): AdminHttp =>
  async <T>(path: string, { method = 'GET', query = {}, timeoutMs }: AdminRequest = {}) => {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    const search = given.length > 0 ? `?${new URLSearchParams(given).toString()}` : '';
    const headers = {
      ...(adminToken !== undefined && { authorization: `Bearer ${adminToken}` }),
      ...(operator !== undefined && { 'x-islet-operator': operator }),
    };
    const { status, text } = await exchange({ host, port, method, path: `${path}${search}`, headers }, timeoutMs);
    if (status < 200 || status > 299) throw new RefusedError(status, errorIn(text));
    return JSON.parse(text) as T;
  };

function exchange(
  options: { host: string; port: number; method: string; path: string; headers: Record<string, string> },
  timeoutMs: number | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(new NoAnswerError(cause.code, { cause }));
    const asked = request({ ...options, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', fail);
    if (timeoutMs !== undefined) {
      asked.setTimeout(timeoutMs, () => asked.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    }
    asked.end();
  });
}

function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Saves the answer of the admin listener to a POST request as a file.
 *
 * @param file must not exist yet; readable only by its owner
 * @throws NoAnswerError, also if the answer is incomplete; RefusedError
 */
export function download(
  { host, port, adminToken }: { readonly host: string; readonly port: number; readonly adminToken: string },
  path: string,
  file: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(new NoAnswerError(cause.code, { cause }));
    const headers = { authorization: `Bearer ${adminToken}` };
    const asked = request({ host, port, method: 'POST', path, headers, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      if (status === 200) {
        pipeline(response, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true })).then(resolve, fail);
        return;
      }
      text(response).then((body) => reject(new RefusedError(status, errorIn(body))), fail);
    });
    asked.on('error', fail);
    asked.end();
  });
}
