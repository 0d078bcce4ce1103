import type { Knex } from 'knex';

const isPostgres = (db: Knex): boolean => db.client.config.client === 'pg';

/** Entries cannot be changed: only `handed_over` can. */
const FIXED = 'seq, made_at, action, mxid, medium, address_hash, source, detail, made_by, request_id, client';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('audit', (t) => {
    t.bigIncrements('seq'); // never reused
    t.bigInteger('made_at').notNullable();
    t.text('action').notNullable();
    t.text('mxid');
    t.text('medium');
    t.text('address_hash'); // keyed
    t.text('source');
    t.text('detail');
    t.text('made_by').notNullable();
    t.text('request_id');
    t.text('client');
    t.integer('handed_over').notNullable().defaultTo(0); // 1: in the file or the log
    t.index(['mxid', 'seq']); // find()
    t.index(['address_hash', 'seq']); // find()
    t.index('made_at'); // find(), purge()
  });
  await db.raw('create index audit_waiting on audit (seq) where handed_over = 0'); // handOver()
  if (isPostgres(db)) {
    await db.raw(`
      create function islet_audit_is_fixed() returns trigger language plpgsql as $$
      begin
        raise exception 'entries of the audit trail are not changed';
      end $$`);
    await db.raw(
      `create trigger islet_audit_fixed before update of ${FIXED} on audit for each row execute function islet_audit_is_fixed()`,
    );
  } else {
    await db.raw(
      `create trigger islet_audit_fixed before update of ${FIXED} on audit begin
         select raise(abort, 'entries of the audit trail are not changed');
       end`,
    );
  }
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('audit');
  if (isPostgres(db)) await db.raw('drop function islet_audit_is_fixed()');
}
