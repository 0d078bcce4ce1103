import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';

/** The properties of the Islet installation to which a database belongs. */
export interface Installation {
  /** Created at the first start and never changed. It is the same for all instances with this database. */
  readonly id: string;
  readonly serverName: string;
  /** The id of the signing key, such as `ed25519:0`. */
  readonly keyId: string;
  /** In base64. */
  readonly publicKey: string;
}

const COLUMNS = { id: 'id', serverName: 'server_name', keyId: 'key_id', publicKey: 'public_key' } as const;

/** One row for each property in the table `installation`. A copy of the database has the same content. */
export class KnexInstallationStore {
  constructor(private readonly db: Knex) {}

  async get(): Promise<Installation | undefined> {
    const rows = await this.table();
    const valueOf = (name: string) => rows.find((row) => row.name === name)?.value;
    const [id, serverName, keyId, publicKey] = Object.values(COLUMNS).map(valueOf);
    if (id === undefined || serverName === undefined || keyId === undefined || publicKey === undefined)
      return undefined;
    return { id, serverName, keyId, publicKey };
  }

  /** Sets all properties except the id, which is only created by the first call. @returns the id */
  async save(installation: Omit<Installation, 'id'>): Promise<string> {
    return this.db.transaction(async (trx) => {
      await this.table(trx).insert({ name: COLUMNS.id, value: randomUUID() }).onConflict('name').ignore();
      const { serverName, keyId, publicKey } = installation;
      const rows = Object.entries({ serverName, keyId, publicKey }).map(([property, value]) => ({
        name: COLUMNS[property as keyof typeof COLUMNS],
        value,
      }));
      await this.table(trx).insert(rows).onConflict('name').merge();
      const row = await this.table(trx).where({ name: COLUMNS.id }).first();
      return row?.value ?? '';
    });
  }

  /**
   * Whether a server has ever used this database, even one that stored nothing here: a pepper is the first thing that a
   * server creates.
   */
  async isUsed(): Promise<boolean> {
    return (await this.get()) !== undefined || (await this.db('peppers').first('pepper')) !== undefined;
  }

  /** The sources that have a mirror here. */
  async mirrors(): Promise<readonly string[]> {
    return this.db('mirror_states').orderBy('source').pluck('source');
  }

  private table(db: Knex = this.db) {
    return db<{ name: string; value: string }>('installation');
  }
}
