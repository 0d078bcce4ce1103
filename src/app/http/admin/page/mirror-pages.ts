import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LeftOutEntry, MirrorReviewService } from '../../../../domain/mirror/mirror-review-service.js';
import type { MirrorService } from '../../../../domain/mirror/mirror-service.js';
import type { Endpoints } from '../../endpoints.js';
import { queryOf } from '../../request/query.js';
import { csvLine } from './csv.js';
import { mirrorsOf } from './overview.js';
import type { SyncHistory } from './sync-history.js';
import { sourceIn } from './sync-pages.js';
import type { Views } from './views.js';

const MOST_SHOWN = 200;
const LONGEST_SEARCH = 200;

export interface MirrorPageDependencies {
  readonly mirrorService: MirrorService;
  readonly mirrorReviewService: MirrorReviewService;
  readonly syncs: SyncHistory;
}

/** The mirrors: their last syncs, what is left out, and which addresses are ambiguous. */
export const mirrorPageEndpoints = (
  views: Views,
  { mirrorService, mirrorReviewService, syncs: history }: MirrorPageDependencies,
): Endpoints => ({
  '/page/mirrors': {
    GET: views.page(async (visit) => {
      views.show('mirrors', { mirrors: await mirrorsOf(mirrorService) }, visit);
    }),
  },
  '/page/mirrors/:source': {
    GET: views.page(async (visit) => {
      const source = sourceIn(visit.req, mirrorService);
      const mirror = (await mirrorsOf(mirrorService)).find((candidate) => candidate.source === source);
      const syncs = history.of(source);
      const refused = syncs.find(({ outcome }) => outcome.refusal !== undefined && outcome.removed.count > 0);
      views.show(
        'mirror',
        { mirror, source, syncs, refused: mirror?.isRejected ? refused?.outcome : undefined },
        visit,
      );
    }),
  },
  '/page/mirrors/:source/left-out': {
    GET: views.page(async (visit) => {
      const source = sourceIn(visit.req, mirrorService);
      const { q } = queryOf(visit.req);
      const search = typeof q === 'string' ? q.trim().slice(0, LONGEST_SEARCH) : '';
      const shown: LeftOutEntry[] = [];
      let count = 0;
      for await (const entry of mirrorReviewService.leftOut(source)) {
        if (!mentions(entry, search.toLowerCase())) continue;
        count += 1;
        if (shown.length < MOST_SHOWN) shown.push(entry);
      }
      views.show('left-out', { source, search, shown, count }, visit);
    }),
  },
  '/page/mirrors/:source/left-out.csv': {
    GET: views.page(async ({ req, res }) => {
      const source = sourceIn(req, mirrorService);
      res.type('text/csv; charset=utf-8').attachment('left-out.csv');
      await pipeline(Readable.from(csvOf(mirrorReviewService.leftOut(source))), res).catch(
        (cause: NodeJS.ErrnoException) => {
          // The browser has disconnected.
          if (cause.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw cause;
        },
      );
    }),
  },
  '/page/mirrors/:source/ambiguous': {
    GET: views.page(async (visit) => {
      const source = sourceIn(visit.req, mirrorService);
      const contested = await mirrorReviewService.contested(source, MOST_SHOWN);
      const shared = [...(await mirrorService.shared())].slice(0, MOST_SHOWN);
      views.show(
        'ambiguous',
        {
          source,
          addresses: contested.map(({ threepid: { medium, address }, claimants }) => ({
            shown: medium === 'msisdn' ? `+${address}` : address,
            claimants,
          })),
          shared: shared.map(([mxid, entries]) => ({ mxid, entries })),
        },
        visit,
      );
    }),
  },
});

const mentions = ({ label, base, reasons }: LeftOutEntry, search: string): boolean =>
  search === '' || [label, base, ...reasons].some((text) => text.toLowerCase().includes(search));

async function* csvOf(entries: AsyncIterable<LeftOutEntry>): AsyncGenerator<string> {
  yield `\ufeff${csvLine(['entry', 'base', 'kind', 'reasons'])}`;
  for await (const { label, base, kind, reasons } of entries) yield csvLine([label, base, kind, reasons.join('; ')]);
}
