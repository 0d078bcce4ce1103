import type { Knex } from 'knex';
import { lock } from './dialect.js';
import { inBatches } from './statement-batch.js';
import * as validationSessions from './migrations/0001-validation-sessions.js';
import * as associations from './migrations/0002-associations.js';
import * as changeFeed from './migrations/0003-change-feed.js';
import * as mirrors from './migrations/0004-mirrors.js';
import * as peppers from './migrations/0005-peppers.js';
import * as accessTokens from './migrations/0006-access-tokens.js';
import * as invites from './migrations/0007-invites.js';
import * as jobs from './migrations/0008-jobs.js';
import * as rateLimits from './migrations/0009-rate-limits.js';
import * as acceptedTerms from './migrations/0010-accepted-terms.js';
import * as assignments from './migrations/0011-holders.js';
import * as accountStatuses from './migrations/0012-account-checks.js';
import * as shortMirrors from './migrations/0013-short-mirrors.js';
import * as jobLeases from './migrations/0014-job-leases.js';
import * as revocations from './migrations/0015-revocations.js';
import * as accessTokenUse from './migrations/0016-access-token-use.js';
import * as sessionUsers from './migrations/0020-session-users.js';
import * as pendingInviteMails from './migrations/0021-pending-invite-mails.js';
import * as sealedSecrets from './migrations/0022-sealed-secrets.js';
import * as boundMailboxes from './migrations/0023-bound-mailboxes.js';
import * as installation from './migrations/0026-installation.js';
import * as importedEphemeralKeys from './migrations/0033-imported-ephemeral-keys.js';
import * as retention from './migrations/0040-retention.js';
import * as sendClaims from './migrations/0041-send-claims.js';
import * as restoredInvites from './migrations/0045-restored-invites.js';
import * as audit from './migrations/0053-audit.js';

/** In the order of execution. */
const migrations = {
  '0001-validation-sessions': validationSessions,
  '0002-associations': associations,
  '0003-change-feed': changeFeed,
  '0004-mirrors': mirrors,
  '0005-peppers': peppers,
  '0006-access-tokens': accessTokens,
  '0007-invites': invites,
  '0008-jobs': jobs,
  '0009-rate-limits': rateLimits,
  '0010-accepted-terms': acceptedTerms,
  '0011-holders': assignments,
  '0012-account-checks': accountStatuses,
  '0013-short-mirrors': shortMirrors,
  '0014-job-leases': jobLeases,
  '0015-revocations': revocations,
  '0016-access-token-use': accessTokenUse,
  '0020-session-users': sessionUsers,
  '0021-pending-invite-mails': pendingInviteMails,
  '0022-sealed-secrets': sealedSecrets,
  '0023-bound-mailboxes': boundMailboxes,
  '0026-installation': installation,
  '0033-imported-ephemeral-keys': importedEphemeralKeys,
  '0040-retention': retention,
  '0041-send-claims': sendClaims,
  '0045-restored-invites': restoredInvites,
  '0053-audit': audit,
};

type Name = keyof typeof migrations;

export const migrationSource: Knex.MigrationSource<Name> = {
  getMigrations: async () => Object.keys(migrations) as Name[],
  getMigrationName: (name) => name,
  getMigration: async (name) => migrations[name],
};

/** Applies all pending migrations, or none if one fails. Instances that start concurrently wait for each other. */
export async function migrate(db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    await lock(trx, 'islet migrations');
    await refuseNewer(trx);
    const latest = async () => void (await trx.migrate.latest({ migrationSource, disableTransactions: true }));
    if ((await migrationsIn(trx)).length === 0) await inBatches(trx, latest);
    else await latest();
  });
}

export interface DatabaseVersion {
  /** The last applied migration. */
  readonly last: string;
  /** The number of pending migrations. */
  readonly pending: number;
}

/**
 * The state of the migrations; `undefined` if there are no tables yet.
 *
 * @throws if the database is newer than this version
 */
export async function versionOf(db: Knex): Promise<DatabaseVersion | undefined> {
  await refuseNewer(db);
  const done = await migrationsIn(db);
  const last = done.at(-1);
  return last === undefined ? undefined : { last, pending: Object.keys(migrations).length - done.length };
}

async function migrationsIn(db: Knex): Promise<readonly string[]> {
  if (!(await db.schema.hasTable('knex_migrations'))) return [];
  return db('knex_migrations').orderBy('id').pluck('name');
}

async function refuseNewer(db: Knex): Promise<void> {
  const done = await migrationsIn(db);
  const unknown = done.filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new Error(
      `a newer version of Islet has used it and added ${unknown.join(', ')}; start that version, or restore a backup from before it`,
    );
  }
}
