import type { Knex } from 'knex';

/**
 * Public keys of invitations imported from another identity server. It is unknown which key belongs to which
 * invitation.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('imported_ephemeral_keys', (t) => {
    t.text('public_key').primary(); // hasEphemeralKey()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('imported_ephemeral_keys');
}
