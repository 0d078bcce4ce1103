import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('jobs', (t) => {
    t.bigIncrements('id');
    t.text('kind').notNullable();
    t.text('payload').notNullable(); // JSON
    t.integer('attempts').notNullable().defaultTo(0);
    t.bigInteger('run_at').notNullable();
    t.bigInteger('hidden_until').notNullable().defaultTo(0);
    t.index(['run_at', 'id']); // take()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('jobs');
}
