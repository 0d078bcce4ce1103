import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('rate_limit_takes', (t) => {
    t.text('key_hash').notNullable(); // SHA-256 in hex
    t.bigInteger('taken_at').notNullable();
    t.integer('points').notNullable();
    t.bigInteger('counts_until').notNullable();
    t.primary(['key_hash', 'taken_at']); // take()
    t.index('counts_until'); // forget()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('rate_limit_takes');
}
