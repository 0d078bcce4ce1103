import { spellingsOf } from '../../domain/identifiers/spellings.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import { type RotatingSecret, withNewestSecrets } from '../shared/rotating-secret.js';
import type { Association, OpenSource, ThreepidSource } from '../../source.js';
import type { SearchAttributes } from '../shared/search-text.js';
import { searchedCells } from './searched-columns.js';

export interface RestOptions {
  /** Base URL, without a slash at its end. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly accessToken?: RotatingSecret | undefined;
  /**
   * Paths for a lookup of many threepids, a lookup of one, and the list of all. At least one of `bulk` and `single` is
   * required.
   */
  readonly bulk?: string | undefined;
  readonly single?: string | undefined;
  readonly list?: string | undefined;
  /** The server name for users who are returned as localparts. */
  readonly homeserver?: string | undefined;
  /** How people are found by name: only these properties are kept. */
  readonly search?: SearchAttributes | undefined;
}

const AT_ONCE = 1000;
/** Concurrent requests when each is about one threepid. */
const SINGLES_AT_ONCE = 8;

/**
 * An HTTP service with the lookup protocol of ma1sd's REST backend: a POST of `{ "lookup": … }`, whose entries are
 * returned with an `id` if they are known.
 */
export const restSource: OpenSource<RestOptions> = (options, { fetch }) => {
  const { url, accessToken, bulk, single, list, homeserver, search } = options;
  const secrets = accessToken ? [accessToken] : [];
  const headers = () => ({
    accept: 'application/json',
    ...(accessToken && { authorization: `Bearer ${accessToken.value}` }),
  });

  /** @param asked the POST body; without it a GET is sent */
  async function lookup(path: string, signal: AbortSignal, asked?: unknown): Promise<unknown> {
    const response = await withNewestSecrets(secrets, () =>
      fetch(`${url}${path}`, {
        ...(asked === undefined
          ? { headers: headers() }
          : {
              method: 'POST',
              headers: { ...headers(), 'content-type': 'application/json' },
              body: JSON.stringify({ lookup: asked }),
            }),
        signal,
      }),
    );
    const { ok, status } = response;
    const redirected = status >= 300 && status < 400 ? ': redirects are not followed' : '';
    if (!ok) throw new Error(`the answer to ${path} has status ${status}${redirected}`);
    const answer: unknown = await response.json().catch(() => undefined);
    if (typeof answer !== 'object' || answer === null) throw new Error(`the answer to ${path} is not JSON`);
    return 'lookup' in answer ? answer.lookup : undefined;
  }

  /** @throws Error if the value is not a list: the URL may belong to a different service */
  const associations = (path: string, rows: unknown): readonly Association[] => {
    if (!Array.isArray(rows)) throw new Error(`the answer to ${path} has no list "lookup"`);
    return rows.map((row) => associationIn(row, homeserver));
  };

  async function askSingly(path: string, threepids: readonly Threepid[], signal: AbortSignal) {
    const found: Association[] = [];
    const waiting = threepids.values();
    const worker = async (): Promise<void> => {
      for (const threepid of waiting) {
        signal.throwIfAborted();
        const answer = await lookup(path, signal, wire(threepid));
        if (answer === undefined || answer === null) continue;
        if (Array.isArray(answer)) throw new Error(`the answer to ${path} is a list instead of one object`);
        found.push(associationIn(answer, homeserver, threepid));
      }
    };
    await Promise.all(Array.from({ length: SINGLES_AT_ONCE }, worker));
    return found;
  }

  async function askTogether(path: string, threepids: readonly Threepid[], signal: AbortSignal) {
    const found: Association[] = [];
    for (let at = 0; at < threepids.length; at += AT_ONCE) {
      const part = threepids.slice(at, at + AT_ONCE).map(wire);
      found.push(...associations(path, await lookup(path, signal, part)));
    }
    return found;
  }

  const source: ThreepidSource = {
    async find(threepids, signal) {
      const isOne = threepids.length === 1;
      // The service compares strings, so every spelling is sent.
      const spelled = threepids.flatMap((threepid) =>
        spellingsOf(threepid).map((address) => ({ medium: threepid.medium, address })),
      );
      if (single !== undefined && (bulk === undefined || isOne)) return askSingly(single, spelled, signal);
      return askTogether(bulk ?? '', spelled, signal);
    },
  };
  if (list === undefined) return source;
  return {
    ...source,
    async *all(signal) {
      const rows: unknown = await lookup(list, signal);
      for (const [at, association] of associations(list, rows).entries()) {
        const attributes = searchedCells(objectIn((rows as readonly unknown[])[at]), search);
        yield attributes ? { ...association, attributes } : association;
      }
    },
  };
};

const wire = ({ medium, address }: Threepid) => ({ medium, address });

/**
 * Parses `{ medium, address, id: { type: 'localpart' | 'mxid', value } }`. Other values are returned as an invalid
 * association, which the caller counts.
 */
function associationIn(row: unknown, homeserver: string | undefined, asked?: Threepid): Association {
  const { medium, address, id, unlisted } = { ...asked, ...objectIn(row) } as Partial<Record<string, unknown>>;
  const threepid = { medium, address } as Threepid;
  const { type, value } = objectIn(id);
  const kind = String(type).toLowerCase();
  const mark = unlisted === true && { isUnlisted: true };
  if (typeof value !== 'string') return { threepid, mxid: '' };
  if (kind === 'mxid') return { threepid, mxid: value, ...mark };
  if (kind !== 'localpart' || homeserver === undefined) return { threepid, mxid: '' };
  return { threepid, mxid: `@${value.toLowerCase()}:${homeserver}`, ...mark };
}

const objectIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
