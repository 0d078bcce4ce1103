import type { LogTelemetry } from '../../adapters/system/log-telemetry.js';
import { inUrl, isEveryAddress } from '../../adapters/shared/hosts.js';
import type { Binding } from '../../domain/associations/binding.js';
import type { ListedInvite } from '../../domain/admin/admin-service.js';
import type { AuditEntry } from '../../ports/audit-log.js';
import type { SignIn } from '../../ports/account-store.js';
import { readAdminToken } from '../http/admin/admin-token.js';
import type { TimedExplanation } from '../../domain/lookup/explanation.js';
import type { ExplainedPerson, PeopleFound } from '../../domain/people-search/people-search-service.js';
import type { Config } from '../config/config.js';
import { type AdminHttp, adminHttp, type AdminRequest, NoAnswerError, RefusedError } from './admin-http.js';
import { isServerRunning, listenerOf } from './running-server.js';
import type { OperationsByText } from '../../domain/admin/text-admin-service.js';
import type { SyncOutcome } from '../../domain/directory-sync/directory-sync-service.js';

export interface SyncRequest {
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  readonly isIncremental: boolean;
  /** Called with the number of entries read so far. */
  readonly onProgress: (listed: number) => void;
}

/** The operations that commands need, with or without a running server. */
export interface AdminClient extends OperationsByText {
  /** Whether a running server answers. */
  readonly isRunning: boolean;
  explain(address: string): Promise<TimedExplanation>;
  /** The people that a search shows to this user. */
  search(user: string, query: string): Promise<PeopleFound<ExplainedPerson>>;
  /** The names of the mirrored sources. */
  mirrors(): Promise<readonly string[]>;
  sync(source: string, request: SyncRequest): Promise<SyncOutcome>;
  /** Removes the mirror of a source that is no longer configured. @returns how many entries it had */
  forgetMirror(source: string): Promise<number>;
  /** A one-time link to the admin page of the running server, and until when it works, ms since the epoch. */
  openPage(): Promise<{ readonly url: string; readonly endsAt: number }>;
  close(): Promise<void>;
}

/**
 * A client of the running server through its admin listener. Without a running server, the services run in this
 * process, without listeners.
 *
 * @param operator whose name the audit trail states
 * @param openTelemetry opens the log for the services in this process; it is closed with them
 */
export async function openAdminClient(
  config: Config,
  openTelemetry: () => Promise<LogTelemetry>,
  operator?: string,
): Promise<AdminClient> {
  const { host, port } = config.admin;
  const place = listenerOf(host, port);
  if (!(await isServerRunning(config)))
    return (await import('./in-process-client.js')).inProcess(config, await openTelemetry(), operator);
  const token = await readAdminToken(config.dataDir).catch((cause: unknown) => {
    throw new Error(`a server uses ${place}, but its admin token cannot be read`, { cause });
  });
  return overHttp(pageUrl(host, port), async (path, options) => {
    try {
      return await adminHttp(host, port, token, operator)(path, options);
    } catch (cause) {
      if (cause instanceof NoAnswerError) {
        throw new Error('the running server stopped before it answered', { cause });
      }
      if (!(cause instanceof RefusedError) || cause.status !== 401) throw cause;
      throw new Error(
        `the server on ${place} does not accept ${config.dataDir}/admin-token: it uses a different dataDir`,
      );
    }
  });
}

/** Where the browser of an administrator on this machine finds the listener. */
const pageUrl = (host: string, port: number): string =>
  `http://${isEveryAddress(host) ? '127.0.0.1' : inUrl(host)}:${port}`;

function overHttp(baseUrl: string, ask: AdminHttp): AdminClient {
  const post = <T>(path: string, query: NonNullable<AdminRequest['query']>) => ask<T>(path, { method: 'POST', query });
  return {
    isRunning: true,
    explain: (address) => ask<TimedExplanation>('/lookup', { query: { address } }),
    search: (user, query) => ask<PeopleFound<ExplainedPerson>>('/search', { query: { user, query } }),
    mirrors: async () => {
      const { mirrors } = await ask<{ mirrors: { source: string }[] }>('/mirrors');
      return mirrors.map(({ source }) => source);
    },
    sync: async (source, { isDryRun, isForced, isIncremental, onProgress }) => {
      const path = `/sync/${encodeURIComponent(source)}`;
      const watch = setInterval(
        () => void ask<{ listed: number }>(path).then(({ listed }) => onProgress(listed), ignore),
        500,
      );
      try {
        return await post<SyncOutcome>(path, { dryRun: isDryRun, force: isForced, changes: isIncremental });
      } finally {
        clearInterval(watch);
      }
    },
    forgetMirror: async (source) =>
      (await post<{ entries: number }>(`/mirrors/${encodeURIComponent(source)}/forget`, {})).entries,
    invites: async () => (await ask<{ invites: ListedInvite[] }>('/invites')).invites,
    revokeInvite: async (inviteToken) => (await post<Found>('/invites/revoke', { token: inviteToken })).found,
    bindings: async (who, { onlySuspended }) =>
      (await ask<{ bindings: Binding[] }>('/bindings', { query: { who, suspended: onlySuspended } })).bindings,
    bind: async (address, mxid) => void (await post('/bindings/bind', { address, mxid })),
    unbind: async (address, mxid) => (await post<Found>('/bindings/unbind', { address, mxid })).found,
    signIns: async (who) => (await ask<{ tokens: SignIn[] }>('/tokens', { query: { who } })).tokens,
    endSignIns: async (mxid) => (await post<{ ended: number }>('/tokens/end', { mxid })).ended,
    audit: async (who, since) =>
      (await ask<{ entries: AuditEntry[] }>('/audit', { query: { who, since: since?.toString() } })).entries,
    openPage: async () => {
      const { path, endsAt } = await post<{ path: string; endsAt: number }>('/sign-in-links', {});
      return { url: `${baseUrl}${path}`, endsAt };
    },
    close: () => Promise.resolve(),
  };
}

interface Found {
  readonly found: boolean;
}

const ignore = (): void => undefined;
