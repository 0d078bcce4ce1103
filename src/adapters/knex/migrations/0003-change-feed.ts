import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('claim_changes', (t) => {
    t.bigIncrements('position'); // since(); never reused
    t.bigInteger('made_at').notNullable();
    t.text('source').notNullable();
    t.text('claims').notNullable(); // JSON
    t.index('made_at'); // purge()
  });
  await db.schema.createTable('claim_changes_purged', (t) => {
    t.bigInteger('position').notNullable(); // of the last purged change
  });
  await db('claim_changes_purged').insert({ position: 0 });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('claim_changes_purged');
  await db.schema.dropTable('claim_changes');
}
