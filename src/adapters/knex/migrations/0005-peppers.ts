import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('peppers', (t) => {
    t.bigInteger('announced_from').primary();
    t.text('pepper').notNullable();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('peppers');
}
