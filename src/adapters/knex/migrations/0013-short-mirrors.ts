import type { Knex } from 'knex';

/** Entries are stored in a shorter format. They are only a copy, and the next sync reads them again. */
export async function up(db: Knex): Promise<void> {
  await db('mirror_entries').delete();
  await db('mirror_states').delete();
}

export const down = up;
