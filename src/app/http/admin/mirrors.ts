import type { Request } from 'express';
import { z } from 'zod';
import type { MirrorService } from '../../../domain/mirror/mirror-service.js';
import type { DirectorySyncService } from '../../../domain/directory-sync/directory-sync-service.js';
import type { AdminService } from '../../../domain/admin/admin-service.js';
import { requestedSync } from './requested-sync.js';
import { operatorCause } from '../request/cause.js';
import { read } from '../request/body.js';
import type { Endpoints } from '../endpoints.js';
import { queryOf } from '../request/query.js';
import { RequestError } from '../request-error.js';

/** `?dryRun` is the same as `?dryRun=true`. */
const flag = z
  .enum(['', 'true', 'false'], 'must be true or false')
  .optional()
  .transform((text) => text !== undefined && text !== 'false');

const MOST_SHOWN = 10;

const SyncQuery = z.object({ dryRun: flag, force: flag, changes: flag });

/** The state of mirrors, and syncs on demand. @param allow throws if the caller is not authorized */
export function adminMirrorEndpoints(
  mirrorService: MirrorService,
  directorySyncService: DirectorySyncService,
  adminService: AdminService,
  allow: (req: Request) => void,
): Endpoints {
  const progress = new Map<string, number>();

  function sourceIn(req: Request): string {
    const source = mirrorService.sources.find((name) => name === req.params['source']);
    if (source !== undefined) return source;
    const known = mirrorService.sources.join(', ');
    throw new RequestError('source_unknown', `No mirrored source has this name; there are: ${known}`);
  }

  return {
    '/mirrors': {
      async GET(req, res) {
        allow(req);
        const states = mirrorService.sources.map(async (source) => ({
          source,
          ...(await mirrorService.state(source)),
        }));
        res.json({ mirrors: await Promise.all(states) });
      },
    },
    /** The user IDs that more than one person would get, and the first entries of these people. */
    '/shared-names': {
      async GET(req, res) {
        allow(req);
        const shared = [...(await mirrorService.shared())].map(([mxid, entries]) => ({
          mxid,
          labels: entries.slice(0, MOST_SHOWN).map(({ source, label }) => `${source}: ${label}`),
        }));
        res.json({ count: shared.length, shown: shared.slice(0, MOST_SHOWN) });
      },
    },
    /** Removes the mirror of a source that is no longer configured. */
    '/mirrors/:source/forget': {
      async POST(req, res) {
        allow(req);
        const source = String(req.params['source']);
        if (mirrorService.sources.includes(source)) {
          throw new RequestError('invalid_param', 'A configured source has this name, so its copy is in use');
        }
        const entries = await mirrorService.forget(source);
        const entry = { action: 'mirror_forgotten', source, detail: `${entries} entries` } as const;
        await adminService.note(entry, operatorCause(req, res));
        res.json({ entries });
      },
    },
    '/sync/:source': {
      /** How many entries the latest sync on demand has read so far. */
      GET(req, res) {
        allow(req);
        res.json({ listed: progress.get(sourceIn(req)) ?? 0 });
      },
      async POST(req, res) {
        allow(req);
        const source = sourceIn(req);
        const { dryRun, force, changes } = read(SyncQuery, queryOf(req));
        const onProgress = (listed: number): void => void progress.set(source, listed);
        const options = { isDryRun: dryRun, isForced: force, isIncremental: changes, onProgress };
        res.json(await requestedSync({ adminService, directorySyncService }, source, options, operatorCause(req, res)));
      },
    },
  };
}
