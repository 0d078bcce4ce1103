import type { LogTelemetry } from '../../adapters/system/log-telemetry.js';
import { operationsByText } from '../../domain/admin/text-admin-service.js';
import { parseMxid } from '../../domain/identifiers/mxid.js';
import { threepidFrom } from '../../domain/identifiers/typed-address.js';
import { DomainError } from '../../domain/shared/errors.js';
import { NOT_CONFIGURED } from '../http/admin/search.js';
import { Clock } from '../../ports/clock.js';
import type { Config } from '../config/config.js';
import { openApp } from '../wiring/open-app.js';
import type { AdminClient } from './admin-client.js';

/** A client without a running server: the services run in this process. Closing it also closes the log. */
export async function inProcess(config: Config, telemetry: LogTelemetry, operator?: string): Promise<AdminClient> {
  const app = await openApp(config, telemetry).catch(async (error: unknown) => {
    await telemetry.close();
    throw error;
  });
  const { services, container } = app;
  const clock = container.get(Clock);
  const cause = { by: operator === undefined ? 'operator' : `operator ${operator}` };
  return {
    ...operationsByText(services.adminService, cause),
    isRunning: false,
    explain: async (address) => ({ ...(await services.lookupService.explain(threepidFrom(address))), at: clock.now() }),
    search: async (user, query) => {
      if (!services.search) throw new Error(NOT_CONFIGURED);
      const mxid = parseMxid(user);
      if (!mxid) throw new DomainError('invalid_mxid');
      await services.search.nameIndexUpdater.start();
      return services.search.peopleSearchService.explain(mxid, query);
    },
    mirrors: () => Promise.resolve(services.mirrorService.sources),
    sync: async (source, request) => {
      const detail = request.isForced ? 'forced' : undefined;
      if (!request.isDryRun) await services.adminService.note({ action: 'sync_requested', source, detail }, cause);
      return services.directorySyncService.sync(source, { ...request, isExplained: true });
    },
    forgetMirror: async (source) => {
      const entries = await services.mirrorService.forget(source);
      await services.adminService.note({ action: 'mirror_forgotten', source, detail: `${entries} entries` }, cause);
      return entries;
    },
    openPage: () => Promise.reject(new Error('no server is running: the admin page is part of `islet serve`')),
    close: async () => {
      await app.close();
      await telemetry.close();
    },
  };
}
