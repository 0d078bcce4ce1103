import type { Knex } from 'knex';

/** Secrets are stored sealed. Existing rows keep theirs in the old columns until they are changed or deleted. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('validation_sessions', (t) => {
    t.text('sealed_client_secret'); // if set, client_secret contains its reference
    t.text('sealed_token'); // if set, token is empty
  });
  await db.schema.alterTable('invites', (t) => t.text('sealed_token')); // if set, token contains its reference
}

export async function down(db: Knex): Promise<void> {
  // Sealed sessions would be unusable. Invitations are kept, because their public keys are still requested.
  await db('validation_sessions').whereNotNull('sealed_client_secret').orWhereNotNull('sealed_token').delete();
  await db.schema.alterTable('invites', (t) => t.dropColumn('sealed_token'));
  await db.schema.alterTable('validation_sessions', (t) => t.dropColumns('sealed_client_secret', 'sealed_token'));
}
