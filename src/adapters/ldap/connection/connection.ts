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
  isServerProblem,
  isResult,
  LOST,
  rootMessageOf,
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
  /** Limit for the whole page. */
  readonly totalMs: number;
  /** Longest time without a new entry. */
  readonly stallMs: number;
  /** The original limit, if `totalMs` is only what remains of it. Used in error messages. */
  readonly ofMs?: number;
}

const CLOSED = new Error('closed');
/** How aliases are dereferenced. RFC 4511, 4.5.1.3. */
const [NEVER, ALWAYS] = [0, 3];

/**
 * One connection, encrypted and bound as configured. It never reconnects: any failure closes it. It handles one request
 * at a time.
 */
export class Connection {
  private end: Error | undefined;
  private giveUp: ((error: Error) => void) | undefined;
  private onEntry: (content: Buffer) => void = () => undefined;
  private deliver: (message: Buffer) => void = () => undefined;
  /** Response tag that completes the current request. */
  private awaited: number | undefined;
  /** Paging cookie for the next page. */
  private nextCookie: Buffer | undefined;
  private hasResponse = false;
  /** Entries bypass the library, which creates ten objects per entry and takes ten times as long as parsing it here. */
  private readonly incoming = new MessageFramer(
    (content) => this.onEntry(content),
    (message) => this.receive(message),
  );

  private constructor(
    readonly url: string,
    private readonly client: Client,
  ) {
    for (const event of ['error', 'connectError', 'connectRefused', 'connectTimeout', 'end', 'close'])
      client.on(event, this.fail);
    // A socket that connects after the timeout must not stay open.
    client.on('connect', () => (this.end ? client.destroy() : this.intercept()));
  }

  /** @throws LdapError with the URL and the problem */
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
    signal?.addEventListener('abort', () => connection.fail(signal.reason));
    const deadline = new Deadline(limitMs);

    const words = (cause: Error) => (connection.hasResponse ? messageOf(cause) : unansweredMessage(cause, isEncrypted));
    await connection.step(deadline, words, (done) => client.on('connect', () => done(null)));
    if (access.startTls && !isEncrypted) {
      connection.awaited = EXTENDED_RESPONSE;
      const failed = (cause: Error) => `StartTLS failed: ${words(cause)}`;
      await connection.step(deadline, failed, (done) => client.starttls({ ...tls }, [], done));
      // An attacker who can inject data into the unencrypted part must not start a message that continues in the
      // encrypted part.
      if (!connection.incoming.isComplete) {
        connection.close();
        throw new LdapError(url, 'StartTLS failed: the server sent unencrypted data after its answer');
      }
      connection.intercept();
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

  /** Whether network or server stopped responding. Other connections to this server may then be dead too. */
  get isLost(): boolean {
    return this.end !== undefined && this.end !== CLOSED && !isResult(this.end);
  }

  /** Whether the server itself failed. Another server may succeed. */
  get hasFailed(): boolean {
    return this.end !== undefined && this.end !== CLOSED && isServerProblem(this.end);
  }

  /** @throws LdapError */
  async search(question: SearchRequest, { totalMs, stallMs, ofMs }: Limits): Promise<Page> {
    const { base, scope = 'sub', filter, attributes, id, known, pageSize, cookie, most, followsAliases } = question;
    // Servers count in whole seconds, and may round up. The time limit of the client must end the request first.
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
          entries.push(rawEntry(content, id, known));
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
      const failure = isOfItself
        ? 'the root DSE of the server cannot be read'
        : `search below ${baseText(base)} failed`;
      const words = base === ROOT && !isOfItself ? rootMessageOf(cause) : messageOf(cause);
      throw new LdapError(this.url, `${failure}: ${words}`, { cause }, entries.length);
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
      this.fail(error);
      throw error;
    } finally {
      clearTimeout(timer);
      this.giveUp = undefined;
    }
  }

  /** Checks messages before the library, which takes some for the end of a request, or fails on them. */
  private receive(message: Buffer): void {
    this.hasResponse = true;
    const { id, tag, code, words, cookie } = responseOf(message);
    if (id === 0) throw endedBy(code, words);
    if (tag === INTERMEDIATE_RESPONSE) return;
    if (tag !== this.awaited && tag !== SEARCH_RESULT_REFERENCE)
      throw new Error('the answer does not belong to this request');
    if (code !== undefined && !isKnownCode(code)) throw new Error(`result code ${code}`);
    this.nextCookie = cookie;
    this.deliver(message);
  }

  private intercept(): void {
    this.deliver = interceptReplies(this.client, (chunk) => this.incoming.take(chunk), this.fail);
  }

  private readonly fail = (cause: unknown): void => {
    if (this.end) return;
    this.end = cause instanceof Error ? cause : new Error(LOST);
    this.giveUp?.(this.end);
    this.client.destroy();
  };
}
