import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import type { AdminService } from '../../../domain/admin/admin-service.js';
import { operatorCause } from '../request/cause.js';
import type { Endpoints } from '../endpoints.js';
import { RequestError } from '../request-error.js';

export interface DatabaseCopies {
  /** @throws RequestError `backup_running` */
  make(): Promise<{ readonly file: string; readonly bytes: number; remove(): Promise<void> }>;
}

/** Backups of the database. @param allow throws if the caller is not authorized */
export const adminBackupEndpoints = (
  copies: DatabaseCopies | undefined,
  adminService: Pick<AdminService, 'note'>,
  allow: (req: Request) => void,
): Endpoints => ({
  '/backup': {
    async POST(req, res) {
      allow(req);
      if (!copies) throw new RequestError('backup_elsewhere', 'The database is PostgreSQL: use pg_dump');
      await adminService.note({ action: 'backup_made' }, operatorCause(req, res));
      const copy = await copies.make();
      try {
        res.type('application/vnd.sqlite3').set('Content-Length', String(copy.bytes));
        await pipeline(createReadStream(copy.file), res);
      } catch (cause) {
        // The client has disconnected. It detects the missing part by the length.
        if ((cause as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw cause;
      } finally {
        await copy.remove();
      }
    },
  },
});
