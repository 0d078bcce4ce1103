import type { Knex } from 'knex';
import type { PepperStore, ScheduledPepper } from '../../ports/pepper-store.js';
import { lock } from './dialect.js';

export class KnexPepperStore implements PepperStore {
  constructor(private readonly db: Knex) {}

  async all(): Promise<readonly ScheduledPepper[]> {
    return (await this.table().orderBy('announced_from')).map(fromRow);
  }

  async add({ pepper, announcedFrom }: ScheduledPepper, after: string | undefined): Promise<void> {
    await this.db.transaction(async (trx) => {
      await lock(trx, 'islet peppers');
      const last = await this.table(trx).orderBy('announced_from', 'desc').first();
      if (last?.pepper !== after) return;
      await this.table(trx).where('announced_from', '>=', announcedFrom).delete();
      await this.table(trx).insert({ pepper, announced_from: announcedFrom });
    });
  }

  async purge(time: number): Promise<void> {
    const lastDue = this.table().where('announced_from', '<=', time).max('announced_from');
    await this.table().where('announced_from', '<', lastDue).delete();
  }

  private table(db: Knex = this.db) {
    return db<Row>('peppers');
  }
}

interface Row {
  readonly pepper: string;
  readonly announced_from: number;
}

const fromRow = (row: Row): ScheduledPepper => ({ pepper: row.pepper, announcedFrom: row.announced_from });
