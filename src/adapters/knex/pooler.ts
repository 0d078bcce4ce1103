/** What a connection of the driver says of itself. */
export interface Session {
  /** The process of the server, as it was told when the connection was made. */
  readonly processID?: number | null;
  query(query: unknown): unknown;
}

/**
 * Whether a pooler such as PgBouncer stands between us and PostgreSQL: it makes up the number of the
 * process, by which only it can be asked to cancel.
 */
export async function isPooled(session: Session): Promise<boolean> {
  const { rows } = (await session.query('select pg_backend_pid() as pid')) as { rows: readonly { pid: number }[] };
  return rows[0]?.pid !== session.processID;
}
