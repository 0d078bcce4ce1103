import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('mirror_states', (t) => {
    t.text('source').primary();
    t.text('state').notNullable(); // JSON
  });
  await db.schema.createTable('mirror_entries', (t) => {
    t.text('source').notNullable();
    t.text('id').notNullable();
    t.text('stamp').notNullable();
    t.text('part').notNullable();
    t.text('mxid'); // null for an entry that is not a person
    t.text('content').notNullable(); // JSON; the last column, so that reading stamps can skip it
    t.primary(['source', 'id']); // get(), apply(), and the pages of entries() and stamps()
    t.index('mxid'); // findByMxid(), repeatedMxids()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('mirror_entries');
  await db.schema.dropTable('mirror_states');
}
