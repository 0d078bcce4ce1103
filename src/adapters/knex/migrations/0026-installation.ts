import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('installation', (t) => {
    t.text('name').primary(); // 'id', 'server_name', 'key_id', 'public_key'
    t.text('value').notNullable();
  });
  // For checking that the database is writable: one row, which all instances update.
  await db.schema.createTable('write_probe', (t) => {
    t.integer('id').primary();
    t.bigInteger('written_at').notNullable();
  });
  await db('write_probe').insert({ id: 1, written_at: 0 });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('write_probe');
  await db.schema.dropTable('installation');
}
