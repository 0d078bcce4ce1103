import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('access_tokens', (t) => {
    t.text('token_hash').primary(); // SHA-256 in hex
    t.text('mxid').notNullable();
    t.bigInteger('created_at').notNullable();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('access_tokens');
}
