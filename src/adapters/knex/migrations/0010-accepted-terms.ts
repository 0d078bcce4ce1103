import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('accepted_terms', (t) => {
    t.text('mxid').notNullable();
    t.text('url').notNullable();
    t.bigInteger('accepted_at').notNullable(); // the first acceptance
    t.primary(['mxid', 'url']); // accept(), accepted()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('accepted_terms');
}
