/** Properties of a connection of the driver. */
export interface Session {
  /** The process id of the server, as received when the connection was made. */
  readonly processID?: number | null;
  query(query: unknown): unknown;
}

/**
 * Whether there is a pooler such as PgBouncer in front of PostgreSQL: it sends a made-up process id, which is only
 * valid for cancel requests to the pooler.
 */
export async function isPooled(session: Session): Promise<boolean> {
  const { rows } = (await session.query('select pg_backend_pid() as pid')) as { rows: readonly { pid: number }[] };
  return rows[0]?.pid !== session.processID;
}
