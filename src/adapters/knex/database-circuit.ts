import type { Knex } from 'knex';
import { StoreUnavailableError } from '../../domain/shared/errors.js';

interface Resource {
  readonly resource: { connection?: { stream?: { destroy(): void } }; __knex__disposed?: Error };
}

interface KnexClient {
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
  readonly pool: { readonly used: readonly Resource[]; readonly free: readonly Resource[] };
}

/**
 * Circuit breaker for the database: while it is open, requests for a connection fail immediately, and running queries
 * are cancelled.
 */
export class DatabaseCircuit {
  private reason: string | undefined;
  private readonly waiting = new Set<(error: Error) => void>();
  private readonly client: KnexClient;
  private readonly acquire: () => Promise<unknown>;
  /** When a connection was last released: an answer was received by then. */
  releasedAt = -Infinity;

  constructor(db: Knex) {
    this.client = db.client as KnexClient;
    this.acquire = this.client.acquireConnection.bind(this.client);
    this.client.acquireConnection = () => this.acquireWhileClosed();
    const release = this.client.releaseConnection.bind(this.client);
    this.client.releaseConnection = (connection) => {
      this.releasedAt = performance.now();
      return release(connection);
    };
  }

  get openedBecause(): string | undefined {
    return this.reason;
  }

  /** @param cut whether to cancel running queries, because they will not be answered */
  open(reason: string, { cut }: { readonly cut: boolean }): void {
    this.reason = reason;
    for (const refuse of this.waiting) refuse(new StoreUnavailableError(reason));
    if (!cut) return;
    const { used, free } = this.client.pool;
    for (const { resource } of [...used, ...free]) {
      resource.__knex__disposed = new Error(reason); // the pool will not hand it out again
      resource.connection?.stream?.destroy();
    }
  }

  close(): void {
    this.reason = undefined;
  }

  /** A connection for checking the database, whether or not the circuit is open. */
  async withConnection<T>(use: (connection: unknown) => Promise<T>): Promise<T> {
    const connection = await this.acquire();
    try {
      return await use(connection);
    } finally {
      await this.client.releaseConnection(connection);
    }
  }

  private async acquireWhileClosed(): Promise<unknown> {
    if (this.reason !== undefined) throw new StoreUnavailableError(this.reason);
    const acquiring = this.acquire();
    let refuse: (error: Error) => void = () => undefined;
    const refused = new Promise<never>((_resolve, reject) => (refuse = reject));
    this.waiting.add(refuse);
    try {
      return await Promise.race([acquiring, refused]);
    } catch (cause) {
      // The caller has given up; release the connection when it is acquired.
      acquiring.then((connection) => this.client.releaseConnection(connection)).catch(() => undefined);
      if (cause instanceof StoreUnavailableError) throw cause;
      throw new StoreUnavailableError('it cannot be reached', { cause });
    } finally {
      this.waiting.delete(refuse);
    }
  }
}
