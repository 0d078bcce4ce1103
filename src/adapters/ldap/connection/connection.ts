import ldap, { type Client } from 'ldapjs';
import type { BindPassword } from './bind-account.js';
import { bindFailure, bindInTurn, refusePaused, withNewestPassword } from './bind-refusal.js';
import { type ConnectionSecurity, addressOf } from './connection-security.js';
import { baseText, ROOT } from '../protocol/search-base.js';
import { waitForEachAddress } from '../../shared/address-attempts.js';
import { verifiedTls } from '../../shared/tls-options.js';
import { Deadline, noAnswer } from '../../shared/deadline.js';
import { MessageFramer } from '../protocol/message-framer.js';
import {
  interceptReplies,
  isKnownCode,
  paged,
  fixIpv6Host,
  withoutFilterText,
  rawDn,
} from '../protocol/ldapjs-patches.js';
import {
  LdapError,
  endedBy,
  isEndOfSample,
  isOwnTrouble,
  isResult,
  LOST,
  rootWordsOf,
  unansweredMessage,
  messageOf,
} from './ldap-error.js';
import { type RawEntry, rawEntry } from '../protocol/raw-entry.js';
import {
  BIND_RESPONSE,
  EXTENDED_RESPONSE,
  INTERMEDIATE_RESPONSE,
  responseOf,
  SEARCH_RESULT_DONE,
  SEARCH_RESULT_REFERENCE,
} from '../protocol/response-parser.js';
import type { Page, SearchRequest } from './search-request.js';

export interface Limits {
  /** For the whole page. */
  readonly totalMs: number;
  /** Without a single entry. */
  readonly stallMs: number;
  /** Of which these are what is left: the limit to tell of. */
  readonly ofMs?: number;
}

const CLOSED = new Error('closed');
/** What is done with aliases. RFC 4511, 4.5.1.3. */
const [NEVER, ALWAYS] = [0, 3];

/**
 * One connection, encrypted and bound as configured from its first to its last question: it never
 * reconnects, and whatever fails on it ends it. One question at a time.
 */
export class Connection {
  private end: Error | undefined;
  private giveUp: ((error: Error) => void) | undefined;
  private onEntry: (content: Buffer) => void = () => undefined;
  private handOn: (message: Buffer) => void = () => undefined;
  /** What ends the question that is asked: the tag of its response. */
  private awaited: number | undefined;
  /** For the page after the one that came last. */
  private nextCookie: Buffer | undefined;
  private hasHeard = false;
  /** The library makes ten objects of an entry, and takes ten times as long as reading it. */
  private readonly incoming = new MessageFramer(
    (content) => this.onEntry(content),
    (message) => this.receive(message),
  );

  private constructor(
    readonly url: string,
    private readonly client: Client,
  ) {
    const fail = (cause: unknown) => this.fail(cause instanceof Error ? cause : new Error(LOST));
    for (const event of ['error', 'connectError', 'connectRefused', 'connectTimeout', 'end', 'close']) {
      client.on(event, fail);
    }
    client.on('connect', () => {
      // A socket that connects after its time must not stay open.
      if (this.end) return client.destroy();
      this.handOn = interceptReplies(client, (chunk) => this.incoming.take(chunk), fail);
    });
  }

  /** @throws LdapError that names the URL and what is wrong with it */
  static open(url: string, access: ConnectionSecurity, limitMs: number, signal?: AbortSignal): Promise<Connection> {
    return withNewestPassword(access.bind, () => Connection.openOnce(url, access, limitMs, signal));
  }

  private static async openOnce(
    url: string,
    access: ConnectionSecurity,
    limitMs: number,
    signal?: AbortSignal,
  ): Promise<Connection> {
    refusePaused(url, access.bind);
    const { host, isEncrypted } = addressOf(url);
    const tls = { host, ...verifiedTls(host, access.tls) };
    waitForEachAddress();
    const client = ldap.createClient({ url, tlsOptions: tls, queueDisable: true, connectTimeout: limitMs });
    fixIpv6Host(client, host);
    const connection = new Connection(url, client);
    signal?.addEventListener('abort', () => connection.fail(signal.reason as Error));
    const deadline = new Deadline(limitMs);

    const words = (cause: Error) => (connection.hasHeard ? messageOf(cause) : unansweredMessage(cause, isEncrypted));
    await connection.step(deadline, words, (done) => client.on('connect', () => done(null)));
    if (access.startTls && !isEncrypted) {
      connection.awaited = EXTENDED_RESPONSE;
      const failed = (cause: Error) => `StartTLS failed: ${words(cause)}`;
      await connection.step(deadline, failed, (done) => client.starttls({ ...tls }, [], done));
      // Whoever can write into the unencrypted part must not begin a message for the encrypted one.
      if (!connection.incoming.isComplete) {
        connection.close();
        throw new LdapError(url, 'StartTLS failed: it went on in clear');
      }
    }
    const attempt = (dn: string, password: BindPassword) => {
      connection.awaited = BIND_RESPONSE;
      const failed = bindFailure(dn, password, words);
      return connection.step(deadline, failed, (done) => client.bind(dn, password.value, done));
    };
    await bindInTurn(connection, access.bind, attempt);
    return connection;
  }

  get isOpen(): boolean {
    return this.end === undefined;
  }

  /** Whether the network or the server's silence ended it, so that others to this server may be dead, too. */
  get isLost(): boolean {
    return this.end !== undefined && this.end !== CLOSED && !isResult(this.end);
  }

  /** Whether it ended by the server's own trouble: another one may do better. */
  get hasFailed(): boolean {
    return this.end !== undefined && this.end !== CLOSED && isOwnTrouble(this.end);
  }

  /** @throws LdapError */
  async search(question: SearchRequest, { totalMs, stallMs, ofMs }: Limits): Promise<Page> {
    const { base, scope = 'sub', filter, attributes, id, pageSize, cookie, most, followsAliases } = question;
    // Servers count whole seconds, and a part of one as a whole: ours is the limit that counts.
    const timeLimit = Math.ceil(totalMs / 1000) + 1;
    const options = {
      scope,
      filter: withoutFilterText(filter),
      attributes: [...attributes],
      timeLimit,
      sizeLimit: most ?? 0,
      derefAliases: followsAliases ? ALWAYS : NEVER,
    };
    const controls = pageSize === undefined ? [] : [paged(pageSize, cookie)];
    const entries: RawEntry[] = [];
    let refers = false;
    let stall: NodeJS.Timeout | undefined;
    this.awaited = SEARCH_RESULT_DONE;
    try {
      return await this.during<Page>(new Deadline(ofMs ?? totalMs, totalMs), (resolve, reject) => {
        stall = setTimeout(() => reject(noAnswer(ofMs ?? stallMs)), stallMs);
        this.onEntry = (content) => {
          stall?.refresh();
          entries.push(rawEntry(content, id));
        };
        this.client.search(rawDn(base), options, controls, (error, found) => {
          if (error) return reject(error);
          found.on('searchReference', () => (refers = true));
          found.on('error', (cause: Error) =>
            most !== undefined && isEndOfSample(cause)
              ? resolve({ entries, refers, cookie: undefined })
              : reject(cause),
          );
          found.on('end', () => resolve({ entries, refers, cookie: this.nextCookie }));
        });
      });
    } catch (cause) {
      const isOfItself = scope === 'base' && base === ROOT;
      const what = isOfItself
        ? 'what the server says of itself cannot be read'
        : `search below ${baseText(base)} failed`;
      const words = base === ROOT && !isOfItself ? rootWordsOf(cause) : messageOf(cause);
      throw new LdapError(this.url, `${what}: ${words}`, { cause }, entries.length);
    } finally {
      clearTimeout(stall);
      this.onEntry = () => undefined;
    }
  }

  close(): void {
    this.fail(CLOSED);
  }

  private async step(
    deadline: Deadline,
    failed: (cause: Error) => string,
    start: (done: (error: Error | null) => void) => void,
  ) {
    try {
      await this.during<void>(deadline, (resolve, reject) => start((error) => (error ? reject(error) : resolve())));
    } catch (cause) {
      throw new LdapError(this.url, failed(cause as Error), { cause });
    }
  }

  private async during<T>(
    deadline: Deadline,
    start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        if (this.end) throw this.end;
        this.giveUp = reject;
        timer = setTimeout(() => reject(noAnswer(deadline.limitMs)), deadline.left);
        start(resolve, reject);
      });
    } catch (error) {
      this.fail(error as Error);
      throw error;
    } finally {
      clearTimeout(timer);
      this.giveUp = undefined;
    }
  }

  /** What the library would take for the end of a question, or trip over, is looked at first. */
  private receive(message: Buffer): void {
    this.hasHeard = true;
    const { id, tag, code, words, cookie } = responseOf(message);
    if (id === 0) throw endedBy(code, words);
    if (tag === INTERMEDIATE_RESPONSE) return;
    if (tag !== this.awaited && tag !== SEARCH_RESULT_REFERENCE) throw new Error('an answer to another question');
    if (code !== undefined && !isKnownCode(code)) throw new Error(`result code ${code}`);
    this.nextCookie = cookie;
    this.handOn(message);
  }

  private fail(error: Error): void {
    if (this.end) return;
    this.end = error;
    this.giveUp?.(error);
    this.client.destroy();
  }
}
