import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('associations', (t) => {
    t.text('medium').notNullable();
    t.text('address').notNullable();
    t.text('alias');
    t.text('mxid').notNullable();
    t.bigInteger('bound_at').notNullable();
    t.bigInteger('not_before').notNullable();
    t.bigInteger('not_after').notNullable();
    t.primary(['medium', 'address']); // find(), bind(), unbind(), and the pages of all()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('associations');
}
