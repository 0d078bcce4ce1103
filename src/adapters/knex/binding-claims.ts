import type { Knex } from 'knex';
import type { ClaimText } from '../../domain/associations/claim-text.js';
import type { Medium } from '../../domain/identifiers/threepid.js';
import { PAGE } from './chunks.js';
import { isPostgres, rowsOf } from './dialect.js';

/** The claims of the bindings that are not suspended, written as JSON by the database. */
export const bindingClaims = (db: Knex): AsyncIterable<ClaimText> => (isPostgres(db) ? byKey(db) : byPlace(db));

/** In the order in which the rows are in the file: in the order of the key, each could be on another page of it. */
async function* byPlace(db: Knex): AsyncIterable<ClaimText> {
  interface Page {
    readonly claims: ClaimText;
    /** Null for a page without rows. */
    readonly last: number | null;
  }
  let last: number | null = -1;
  while (last !== null) {
    const pages: readonly Page[] = await rowsOf<Page>(
      db.raw(
        `select json_group_array(json_array(mxid, medium, address, alias)) as claims, max(place) as last
         from (select rowid as place, mxid, medium, address, alias from associations
               where rowid > ? and suspended_at is null order by rowid limit ?)`,
        [last, PAGE],
      ),
    );
    last = pages[0]?.last ?? null;
    if (pages[0] && last !== null) yield pages[0].claims;
  }
}

async function* byKey(db: Knex): AsyncIterable<ClaimText> {
  interface Page {
    readonly claims: ClaimText;
    readonly medium: Medium;
    readonly address: string;
  }
  let page: Page | undefined;
  do {
    const after = page ? 'and (medium, address) > (?, ?)' : '';
    [page] = await rowsOf<Page>(
      db.raw(
        `with page as materialized
           (select mxid, medium, address, alias from associations where suspended_at is null ${after}
            order by medium, address limit ?)
         select (select cast(json_agg(json_build_array(mxid, medium, address, alias)) as text) from page) as claims,
           medium, address
         from page order by medium desc, address desc limit 1`,
        [...(page ? [page.medium, page.address] : []), PAGE],
      ),
    );
    if (page) yield page.claims;
  } while (page);
}
