import type { Region } from '../../domain/identifiers/phone-number.js';
import { searchSpellings } from '../../domain/identifiers/spellings.js';
import { tryThreepid } from '../../domain/identifiers/threepid.js';
import type { Association, Medium, OpenSource, ThreepidSource } from '../../source.js';
import type { SearchAttributes } from '../shared/search-text.js';
import { cellText, isYes, phone, type Row } from './records.js';
import { searchedCells } from './searched-columns.js';
import { SqlDatabase, type SqlPlace } from './sql-database.js';

export interface SqlOptions {
  readonly place: SqlPlace;
  /** Returns `address` and `mxid` for the known ones of `:addresses` of type `:medium`. */
  readonly find: string;
  /** Returns `medium`, `address` and `mxid` of all associations. */
  readonly list?: string | undefined;
  /** Region of phone numbers that have no country code. */
  readonly phoneRegion?: Region | undefined;
  /** How people are found by name: these columns of `list` are read as well. */
  readonly search?: SearchAttributes | undefined;
}

/** Addresses per query: PostgreSQL plans a few hundred well, but not thousands. */
const AT_ONCE = 500;
/** Users who are people and not deactivated. */
const SYNAPSE = `from user_threepids t join users u on u.name = t.user_id
  where u.deactivated = 0 and u.is_guest = 0`;

/** A table of people in a database with any schema. */
export const sqlSource: OpenSource<SqlOptions> = ({ place, find, list, phoneRegion, search }) => {
  const database = new SqlDatabase(place);

  async function found(medium: string, addresses: readonly string[], signal: AbortSignal) {
    const known: Association[] = [];
    for (let at = 0; at < addresses.length; at += AT_ONCE) {
      signal.throwIfAborted();
      const part = { medium, addresses: addresses.slice(at, at + AT_ONCE) };
      const rows = await database.rows('find', ['address', 'mxid'], find, part);
      known.push(...rows.flatMap((row) => associationOf({ ...row, medium }, phoneRegion)));
    }
    return known;
  }

  const source: ThreepidSource = {
    async find(threepids, signal) {
      const of = (wanted: string) =>
        threepids.flatMap((threepid) => (threepid.medium === wanted ? searchSpellings(threepid) : []));
      const answers = ['email', 'msisdn'].map((medium) => found(medium, of(medium), signal));
      return (await Promise.all(answers)).flat();
    },
    close: () => database.close(),
  };
  if (list === undefined) return source;
  return {
    ...source,
    async *all() {
      for await (const row of database.list(list, search))
        yield* associationOf(row, phoneRegion, searchedCells(row, search));
    },
  };
};

/** The addresses that users have verified at their homeserver, as stored by Synapse in PostgreSQL. */
export const synapseSource: OpenSource<{ readonly place: SqlPlace; readonly homeserver: string }> = async (
  { place, homeserver },
  context,
) => {
  const find = `select t.address, t.user_id as mxid ${SYNAPSE} and t.medium = :medium and t.address in (:addresses)`;
  const list = `select t.medium, t.address, t.user_id as mxid ${SYNAPSE}`;
  const source = await sqlSource({ place, find, list }, context);
  const isOurs = ({ mxid }: Pick<Association, 'mxid'>): boolean => mxid.endsWith(`:${homeserver}`);
  return {
    find: async (threepids, signal) => ((await source.find(threepids, signal)) as Association[]).filter(isOurs),
    async *all(signal) {
      for await (const association of source.all?.(signal) ?? []) if (isOurs(association)) yield association;
    },
    close: () => source.close?.(),
  };
};

/** Skips values that are not addresses of people. */
function associationOf(row: Row, region: Region | undefined, attributes?: Row): readonly Association[] {
  // Fixed-width columns pad their values with blanks. A numeric user ID is invalid; the caller reports it.
  const [medium, text, mxid] = [row['medium'], row['address'], row['mxid']].map(cellText);
  if (!medium || !text || !mxid) return [];
  const mark = { ...(isYes(row['unlisted']) && { isUnlisted: true }), ...(attributes && { attributes }) };
  // The caller counts unknown media.
  if (medium !== 'email' && medium !== 'msisdn')
    return [{ threepid: { medium: medium as Medium, address: text }, mxid, ...mark }];
  const threepid = medium === 'msisdn' ? phone(text, region) : tryThreepid(medium, text);
  return threepid ? [{ threepid, mxid, ...mark }] : [];
}
