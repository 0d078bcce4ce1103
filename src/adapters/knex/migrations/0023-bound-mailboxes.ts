import type { Knex } from 'knex';

/**
 * The mailbox to which an address belongs, as addresses have several spellings. Null for bindings of older versions,
 * until it is filled in.
 */
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
