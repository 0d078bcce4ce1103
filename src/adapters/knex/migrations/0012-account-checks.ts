import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('account_checks', (t) => {
    t.text('mxid').primary();
    t.text('homeserver').notNullable();
    t.boolean('has_account'); // null before the first answer
    t.bigInteger('answered_at');
    t.bigInteger('taken_at').notNullable().defaultTo(0);
    t.bigInteger('wanted_at').notNullable().defaultTo(0); // 0: not requested
    t.bigInteger('due_at').notNullable();
    t.index(['answered_at', 'mxid']); // answeredSince()
  });
  // take(); the schema builder does not support descending columns
  await db.raw('create index account_checks_due on account_checks (homeserver, wanted_at desc, due_at)');
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('account_checks');
}
