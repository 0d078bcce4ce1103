import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('holders', (t) => {
    t.text('mxid').notNullable();
    t.text('source').notNullable();
    t.text('entry_id').notNullable();
    t.text('person').notNullable();
    t.bigInteger('since_at');
    t.bigInteger('left_at'); // null while the entry exists
    t.text('addresses').notNullable().defaultTo('[]'); // JSON
    t.primary(['mxid', 'source', 'entry_id']); // find(), and the pages of left()
    t.index('source'); // follow(), succession()
  });
  await db.schema.alterTable('associations', (t) => {
    t.text('person'); // null while it is unknown who created the binding
    t.bigInteger('suspended_at'); // null while it is active
    t.text('suspended_source');
    t.index('mxid'); // deprovisioning
  });
  await db.schema.alterTable('access_tokens', (t) => t.index('mxid')); // deprovisioning
  await db.schema.alterTable('validation_sessions', (t) => t.bigInteger('opened_at').notNullable().defaultTo(0));
  await db('validation_sessions').update({ opened_at: db.ref('modified_at') }); // the best estimate
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => t.dropColumn('opened_at'));
  await db.schema.alterTable('access_tokens', (t) => t.dropIndex('mxid'));
  await db.schema.alterTable('associations', (t) => {
    t.dropIndex('mxid');
    t.dropColumns('person', 'suspended_at', 'suspended_source');
  });
  await db.schema.dropTable('holders');
}
