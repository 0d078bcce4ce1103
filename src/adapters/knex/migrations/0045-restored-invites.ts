import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('invites', (t) => {
    t.bigInteger('restored_at'); // null: not from a backup
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('invites', (t) => {
    t.dropColumn('restored_at');
  });
}
