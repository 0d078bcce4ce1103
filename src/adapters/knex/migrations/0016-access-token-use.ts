import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('access_tokens', (t) => {
    t.bigInteger('used_at').notNullable().defaultTo(0);
    t.index('used_at'); // purge()
  });
  // The time of last use is unknown, so the idle time begins now.
  await db('access_tokens').update({ used_at: Date.now() });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('access_tokens', (t) => {
    t.dropIndex('used_at');
    t.dropColumn('used_at');
  });
}
