import { readDatabaseUrl } from '../../adapters/shared/database-url.js';

/**
 * The command that dumps the database at a URL into a file. Passwords are left out: libpq asks, or reads PGPASSFILE.
 */
export const dumpLine = (url: string, file: string): string =>
  `pg_dump --format=custom --file=${quoted(file)} ${quoted(withoutPassword(url))}`;

/** The command that restores that dump into an empty database. */
export const restoreLine = (url: string, file: string): string =>
  `pg_restore --no-owner --exit-on-error --single-transaction --dbname=${quoted(withoutPassword(url))} ${quoted(file)}`;

/**
 * The command that prevents what a restored dump would repeat: queued mails of invitations are removed, and invitations
 * are marked as restored. It also records the restore in the audit trail.
 */
export const preventRepeatsLine = (url: string): string =>
  `psql ${quoted(withoutPassword(url))} --command ${quoted(PREVENT_REPEATS)}`;

const PREVENT_REPEATS = [
  "delete from jobs where kind in ('sealed-invite-mail', 'invite-mail', 'invite-digest')",
  'update invites set pending_mail = null, restored_at = extract(epoch from now())::bigint * 1000 where confirmed_at is null',
  "insert into audit (made_at, action, made_by) values (extract(epoch from now())::bigint * 1000, 'backup_restored', 'operator')",
].join('; ');

function withoutPassword(text: string): string {
  if (!readDatabaseUrl(text).hasPassword) return text;
  const [, start = '', authority = '', rest = ''] = /^([a-z]+:\/\/)([^/?#]*)(.*)$/s.exec(text) ?? [];
  const account = authority.replace(/:[^@]*@/, '@');
  return `${start}${account}${rest.replace(/([?&])password=[^&]*&?/, '$1').replace(/[?&]$/, '')}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
