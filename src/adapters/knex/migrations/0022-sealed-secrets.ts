import type { Knex } from 'knex';

/** Secrets are kept sealed. Rows from before keep theirs in the old columns until they are changed or gone. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => {
    t.text('sealed_client_secret'); // then client_secret is its reference
    t.text('sealed_token'); // then token is empty
  });
  await db.schema.alterTable('invites', (t) => t.text('sealed_token')); // then token is its reference
}

export async function down(db: Knex): Promise<void> {
  // Nobody could use them any more; of invitations the public key goes on being asked for.
  await db('validation_sessions').whereNotNull('sealed_client_secret').orWhereNotNull('sealed_token').delete();
  await db.schema.alterTable('invites', (t) => t.dropColumn('sealed_token'));
  await db.schema.alterTable('validation_sessions', (t) => t.dropColumns('sealed_client_secret', 'sealed_token'));
}
