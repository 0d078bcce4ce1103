import type { Request, Response } from 'express';
import type { AdminService } from '../../../../domain/admin/admin-service.js';
import type { DirectorySyncService } from '../../../../domain/directory-sync/directory-sync-service.js';
import type { MirrorService } from '../../../../domain/mirror/mirror-service.js';
import type { Endpoints } from '../../endpoints.js';
import { RequestError } from '../../request-error.js';
import { requestedSync } from '../requested-sync.js';
import { isOver, type SyncKind, type SyncRun, type SyncRuns } from './sync-runs.js';
import type { Views } from './views.js';

export interface SyncPageDependencies {
  readonly mirrorService: MirrorService;
  readonly directorySyncService: DirectorySyncService;
  readonly adminService: AdminService;
  readonly runs: SyncRuns;
}

const KINDS: readonly SyncKind[] = ['now', 'dry', 'force'];
const TOLD_EVERY_MS = 300;

/** Syncs on demand, with their progress. */
export const syncPageEndpoints = (views: Views, deps: SyncPageDependencies): Endpoints => ({
  '/page/mirrors/:source/sync': {
    POST: views.form((visit, fields) => {
      const source = sourceIn(visit.req, deps.mirrorService);
      const kind = KINDS.find((name) => name === fields['kind']) ?? 'now';
      const path = `/page/mirrors/${encodeURIComponent(source)}`;
      if (kind === 'force') {
        const question = {
          question: 'ask_force',
          facts: [{ name: 'fact_source', value: source }],
          action: `${path}/sync`,
          fields: { kind },
          back: path,
        };
        if (!views.isConfirmed(fields, visit, question)) return;
      }
      const run = deps.runs.start(source, kind, (onProgress) =>
        requestedSync(deps, source, { isDryRun: kind === 'dry', isForced: kind === 'force', onProgress }, visit.cause),
      );
      visit.res.redirect(303, `/page/syncs/${run.id}`);
    }),
  },
  '/page/syncs/:id': {
    GET: views.page((visit) => {
      const run = runIn(visit.req, deps.runs);
      views.show('sync', { run, isOver: isOver(run), section: 'mirrors' }, visit);
    }),
  },
  '/page/syncs/:id/events': {
    GET: views.page(({ req, res }) => tell(runIn(req, deps.runs), res, deps.runs)),
  },
});

/** @throws RequestError `source_unknown` */
export function sourceIn(req: Request, { sources }: Pick<MirrorService, 'sources'>): string {
  const source = sources.find((name) => name === req.params['source']);
  if (source === undefined) throw new RequestError('source_unknown', 'No mirrored source has this name');
  return source;
}

function runIn(req: Request, runs: SyncRuns): SyncRun {
  const run = runs.find(String(req.params['id']));
  if (!run) throw new RequestError('endpoint_unknown', 'This sync is not known any more');
  return run;
}

/** Sends the progress of a sync until it ends or the browser disconnects. Spec: WHATWG HTML, "Server-sent events". */
function tell(run: SyncRun, res: Response, runs: SyncRuns): void {
  res.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
  res.flushHeaders();
  const say = () => {
    res.write(`data: ${run.listed}\n\n`);
    if (isOver(run)) res.end('event: end\ndata: 0\n\n');
  };
  const timer = setInterval(say, TOLD_EVERY_MS);
  const forget = runs.onClose(() => res.end());
  res.once('close', () => {
    clearInterval(timer);
    forget();
  });
  say();
}
