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
 * Keeps everybody from waiting for a database that is away: while the circuit is open, whoever asks for a connection
 * is refused at once, and what was under way is ended.
 */
export class DatabaseCircuit {
  private reason: string | undefined;
  private readonly waiting = new Set<(error: Error) => void>();
  private readonly client: KnexClient;
  private readonly acquire: () => Promise<unknown>;
  /** When a connection was given back last: until then something was answered. */
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

  /** @param cut whether to end what is under way: it will not be answered */
  open(reason: string, { cut }: { readonly cut: boolean }): void {
    this.reason = reason;
    for (const refuse of this.waiting) refuse(new StoreUnavailableError(reason));
    if (!cut) return;
    const { used, free } = this.client.pool;
    for (const { resource } of [...used, ...free]) {
      resource.__knex__disposed = new Error(reason); // it is given to nobody any more
      resource.connection?.stream?.destroy();
    }
  }

  close(): void {
    this.reason = undefined;
  }

  /** A connection for whoever looks whether the database is there, open or not. */
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
      // Whoever was refused leaves the connection to the next.
      acquiring.then((connection) => this.client.releaseConnection(connection)).catch(() => undefined);
      if (cause instanceof StoreUnavailableError) throw cause;
      throw new StoreUnavailableError('it cannot be reached', { cause });
    } finally {
      this.waiting.delete(refuse);
    }
  }
}
