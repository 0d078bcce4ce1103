import type { Knex } from 'knex';
import type { Medium, Threepid } from '../../domain/identifiers/threepid.js';
import { jsonArray } from './dialect.js';

/** The columns of a threepid, the same in every table. */
export interface ThreepidColumns {
  readonly medium: Medium;
  readonly address: string;
  readonly alias: string | null;
}

export const threepidOf = ({ medium, address, alias }: ThreepidColumns): Threepid => ({
  medium,
  address,
  ...(alias !== null && { alias }),
});

export const threepidColumns = ({ medium, address, alias }: Threepid): ThreepidColumns => ({
  medium,
  address,
  alias: alias ?? null,
});

/** For `where`: rows of any of these threepids. */
export const isAmong = (db: Knex, threepids: readonly Threepid[]): Knex.Raw =>
  db.raw(`(medium, address) in (select value->>0, value->>1 from ${jsonArray(db)})`, [
    JSON.stringify(threepids.map(({ medium, address }) => [medium, address])),
  ]);

/** For `where`: rows whose `column` is any of these texts. */
export const isOneOf = (db: Knex, column: string, texts: readonly string[]): Knex.Raw =>
  db.raw(`?? in (select value->>0 from ${jsonArray(db)})`, [column, JSON.stringify(texts.map((text) => [text]))]);
