import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('validation_sessions', (t) => {
    t.text('sid').primary();
    t.text('medium').notNullable();
    t.text('address').notNullable();
    t.text('alias');
    t.text('client_secret').notNullable();
    t.text('token').notNullable();
    t.integer('send_attempt').notNullable();
    t.text('next_link');
    t.bigInteger('validated_at'); // ms since the epoch, like all columns that end in _at
    t.bigInteger('modified_at').notNullable();
    t.integer('guesses').notNullable().defaultTo(0);
    t.unique(['medium', 'address', 'client_secret']); // find(), findOrAdd()
    t.index('modified_at'); // purge()
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('validation_sessions');
}
