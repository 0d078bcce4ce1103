import type { Knex } from 'knex';

/** Which mailbox an address is a spelling of. Null for what older versions bound, until it is filled in. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('associations', (t) => {
    t.text('mailbox');
    t.index('mailbox'); // bind(), unbind()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('associations', (t) => {
    t.dropIndex('mailbox');
    t.dropColumn('mailbox');
  });
}
