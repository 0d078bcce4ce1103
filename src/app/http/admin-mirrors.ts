import type { Request } from 'express';
import { z } from 'zod';
import type { Mirrors } from '../../domain/mirrors.js';
import type { Sync } from '../syncs.js';
import { read } from './body.js';
import type { Endpoints } from './endpoints.js';
import { queryOf } from './query.js';
import { Rejected } from './rejected.js';

/** `?dryRun` is the same as `?dryRun=true`. */
const flag = z
  .enum(['', 'true', 'false'], 'must be true or false')
  .optional()
  .transform((text) => text !== undefined && text !== 'false');

const SyncQuery = z.object({ dryRun: flag, force: flag });

/** How the copies of the directories are, and syncs on demand. @param allow throws for whoever may not ask */
export const adminMirrorEndpoints = (mirrors: Mirrors, sync: Sync, allow: (req: Request) => void): Endpoints => ({
  '/mirrors': {
    async GET(req, res) {
      allow(req);
      const states = mirrors.sources.map(async (source) => ({ source, ...(await mirrors.state(source)) }));
      res.json({ mirrors: await Promise.all(states) });
    },
  },
  '/sync/:source': {
    async POST(req, res) {
      allow(req);
      const { dryRun, force } = read(SyncQuery, queryOf(req));
      const source = mirrors.sources.find((name) => name === req.params['source']);
      if (source === undefined) {
        throw new Rejected(
          'source_unknown',
          `No mirrored source has this name; there are: ${mirrors.sources.join(', ')}`,
        );
      }
      res.json(await sync(source, { isDryRun: dryRun, isForced: force }));
    },
  },
});
