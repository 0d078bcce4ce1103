import type { Knex } from 'knex';
import type { LeftOut, MirroredEntry, MirrorState } from '../../domain/directory.js';
import type { Mxid } from '../../domain/mxid.js';
import { sameThreepid, type Threepid } from '../../domain/threepid.js';
import { jsonArray } from './dialect.js';

export interface EntryRow {
  readonly source: string;
  readonly id: string;
  readonly stamp: string;
  readonly part: string;
  readonly mxid: Mxid | null;
  /** `Content` as JSON. */
  readonly content: string;
}

/**
 * What is only read with its entry, in few characters: most of a mirror is this. JSON carries any
 * text that directories have; PostgreSQL's columns know no NUL.
 */
type Content = readonly [label: string, threepids: readonly ShortThreepid[], ...leftOut: LeftOut[]];

/** Its address; only an email address has an `@`. */
type ShortThreepid = string | readonly [address: string, alias: string];

const short = ({ address, alias }: Threepid): ShortThreepid => (alias === undefined ? address : [address, alias]);

function whole(text: ShortThreepid): Threepid {
  const [address, alias] = typeof text === 'string' ? [text] : text;
  return { medium: address.includes('@') ? 'email' : 'msisdn', address, ...(alias !== undefined && { alias }) };
}

export function entryFromRow({ id, stamp, part, mxid, content }: EntryRow): MirroredEntry {
  return entryFromValues([id, stamp, part, mxid, content]);
}

/**
 * An entry as an element of the array that `insertEntries` takes. Content is text of its own for
 * PostgreSQL, which reads all of the array.
 */
export type Values = readonly [id: string, stamp: string, part: string, mxid: Mxid | null, content: Content | string];

export function valuesOf(entry: MirroredEntry, isText: boolean): Values {
  const { id, label, stamp, part, person, leftOut } = entry;
  const content: Content = [label, person?.threepids.map(short) ?? [], ...leftOut];
  return [id, stamp, part, person?.mxid ?? null, isText ? JSON.stringify(content) : content];
}

export function entryFromValues([id, stamp, part, mxid, content]: Values): MirroredEntry {
  const [label, threepids, ...leftOut] = typeof content === 'string' ? (JSON.parse(content) as Content) : content;
  return {
    id,
    label,
    stamp,
    part,
    person: mxid === null ? undefined : { mxid, threepids: threepids.map(whole) },
    leftOut,
  };
}

/** @param values a JSON array of `Values` */
export async function insertEntries(trx: Knex.Transaction, source: string, values: string): Promise<void> {
  await trx.raw(
    `insert into mirror_entries (source, id, stamp, part, mxid, content)
     select cast(? as text), value->>0, value->>1, value->>2, value->>3, value->>4 from ${jsonArray(trx)}`,
    [source, values],
  );
}

/** @param values a JSON array of arrays that begin with an id */
export async function deleteEntries(trx: Knex.Transaction, source: string, values: string): Promise<void> {
  await trx.raw(`delete from mirror_entries where source = ? and id in (select value->>0 from ${jsonArray(trx)})`, [
    source,
    values,
  ]);
}

export const hasThreepid = ({ person }: MirroredEntry, threepid: Threepid): boolean =>
  person?.threepids.some((one) => sameThreepid(one, threepid)) ?? false;

export function stateFromJson(json: string): MirrorState {
  const { syncedAt, attemptedAt, parts, failure, ...rest }: MirrorState = JSON.parse(json);
  return { syncedAt, attemptedAt, parts, failure, ...rest };
}
