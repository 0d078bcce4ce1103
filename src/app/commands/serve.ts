import { removePidFile } from '../installation/pid-file.js';
import { collectGarbage, letNewSpaceGrow } from '../../adapters/shared/heap.js';
import type { LoadedConfig } from '../config/config.js';
import { serve } from '../main.js';
import { logOf } from '../wiring/open-log.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { workerLink } from '../http/workers/worker-link.js';

/** Supervisors kill the process after 30 s. */
const SHUTDOWN_MS = 24_000;

/**
 * Runs the server until SIGTERM or SIGINT. On SIGHUP, it reopens its log and rereads secret files.
 *
 * @param env the variables of the process, which say whether it is one of several
 */
export async function serveUntilSignalled({ config, warnings }: LoadedConfig, env: NodeJS.ProcessEnv): Promise<void> {
  const telemetry = logOf(config);
  try {
    const worker = workerLink(telemetry.registry, env);
    if (worker?.isFirst !== false) for (const warning of warnings) telemetry.warn(warning, { event: 'config_warning' });
    const islet = await serve(config, telemetry, worker);
    collectGarbage();
    letNewSpaceGrow();
    process.on('SIGHUP', () => {
      telemetry.reopen();
      try {
        islet.reopenAudit();
      } catch (cause) {
        const facts = { event: 'audit_file_not_reopened' };
        telemetry.error('audit file cannot be reopened; the old one is used', facts, cause);
      }
      islet.reloadSecrets();
    });
    telemetry.info('server started', {
      event: 'server_started',
      url: islet.url,
      admin: islet.adminUrl,
      worker: worker?.number,
      data: config.dataDir,
    });
    if (config.file === undefined) {
      telemetry.info('no configuration file: `islet init` writes one; configure a directory under `sources` next', {
        event: 'config_missing',
      });
    }
    await new Promise<void>((resolve) => process.once('SIGTERM', resolve).once('SIGINT', resolve));
    telemetry.info('shutting down', { event: 'server_stopping' });
    await closeWithin(SHUTDOWN_MS, islet, telemetry);
    if (!worker) await removePidFile(config.pidFile);
  } finally {
    await telemetry.close();
  }
}

/**
 * Closes within `limitMs`, so that a database or another server that hangs does not get the process killed. Jobs that
 * are running at that moment are taken up by this instance or another one later.
 */
export async function closeWithin(
  limitMs: number,
  { close }: { readonly close: () => Promise<void> },
  telemetry: Telemetry,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'late');
  });
  const outcome = await Promise.race([close(), late]);
  clearTimeout(timer);
  if (outcome === 'late') telemetry.warn('shutdown cut off', { event: 'shutdown_cut_off', seconds: limitMs / 1_000 });
}
