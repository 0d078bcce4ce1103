import axios, { type AxiosInstance, isAxiosError } from 'axios';
import type { LogTelemetry } from '../../adapters/system/log-telemetry.js';
import type { Binding } from '../../domain/associations/binding.js';
import type { ListedInvite } from '../../domain/admin/admin-service.js';
import { Clock } from '../../ports/clock.js';
import { readAdminToken } from '../http/admin/admin-token.js';
import type { TimedExplanation } from '../../domain/lookup/explanation.js';
import { threepidFrom } from '../../domain/identifiers/typed-address.js';
import type { Config } from '../config/config.js';
import { openApp } from '../wiring/open-app.js';
import { type OperationsByText, operationsByText } from '../../domain/admin/text-admin-service.js';
import type { SyncOutcome } from '../../domain/directory-sync/directory-sync-service.js';
import { inUrl } from '../../adapters/shared/hosts.js';

export interface SyncRequest {
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  readonly isIncremental: boolean;
  /** How many entries have been read so far. */
  readonly onProgress: (listed: number) => void;
}

/** What commands ask of Islet, whether a server is running or not. */
export interface AdminClient extends OperationsByText {
  /** Whether the answers are those of a running server. */
  readonly isRunning: boolean;
  explain(address: string): Promise<TimedExplanation>;
  /** The names of the mirrored sources. */
  mirrors(): Promise<readonly string[]>;
  sync(source: string, request: SyncRequest): Promise<SyncOutcome>;
  close(): Promise<void>;
}

/** The running server, over its admin listener; or, with no server running, the house itself with its doors closed. */
export async function openAdminClient(config: Config, telemetry: LogTelemetry): Promise<AdminClient> {
  const { host, port } = config.admin;
  const http = axios.create({
    baseURL: `http://${inUrl(host)}:${port}`,
    proxy: false,
    maxRedirects: 0,
  });
  const place = `the admin listener ${host}:${port}`;
  const isRunning = await http.get('/health/live', { timeout: 2_000 }).then(
    () => true,
    (error: unknown) => {
      if (isAxiosError(error) && error.code === 'ECONNREFUSED') return false;
      throw new Error(`something on ${place} does not answer like Islet`, { cause: error });
    },
  );
  if (!isRunning) return inProcess(config, telemetry);
  http.interceptors.response.use(undefined, (error: unknown) => {
    if (!isAxiosError(error) || error.response?.status !== 401) throw error;
    throw new Error(
      `the Islet that has ${place} does not take ${config.dataDir}/admin-token: its dataDir is another one`,
    );
  });
  const token = await readAdminToken(config.dataDir).catch((cause: unknown) => {
    throw new Error(`an Islet has ${place}, and its admin token cannot be read`, { cause });
  });
  return overHttp(http, token);
}

function overHttp(http: AxiosInstance, adminToken: string): AdminClient {
  const headers = { authorization: `Bearer ${adminToken}` };
  const get = async <T>(url: string, params: object = {}) =>
    (await explained(http.get<T>(url, { params, headers }))).data;
  const post = async <T>(url: string, params: object) =>
    (await explained(http.post<T>(url, undefined, { params, headers }))).data;
  return {
    isRunning: true,
    explain: async (address) => {
      const { data } = await explained(http.get<TimedExplanation>('/lookup', { params: { address }, headers }));
      return data;
    },
    mirrors: async () => {
      const { data } = await explained(http.get<{ mirrors: { source: string }[] }>('/mirrors', { headers }));
      return data.mirrors.map(({ source }) => source);
    },
    sync: async (source, { isDryRun, isForced, isIncremental, onProgress }) => {
      const url = `/sync/${encodeURIComponent(source)}`;
      const params = { dryRun: isDryRun, force: isForced, changes: isIncremental };
      const watch = setInterval(
        () => void http.get(url, { headers }).then(({ data }) => onProgress(data.listed), ignore),
        500,
      );
      try {
        const { data } = await explained(http.post<SyncOutcome>(url, undefined, { params, headers }));
        return data;
      } finally {
        clearInterval(watch);
      }
    },
    invites: async () => (await get<{ invites: ListedInvite[] }>('/invites')).invites,
    revokeInvite: async (inviteToken) => (await post<Found>('/invites/revoke', { token: inviteToken })).found,
    bindings: async (who, { onlySuspended }) =>
      (await get<{ bindings: Binding[] }>('/bindings', { who, suspended: onlySuspended })).bindings,
    bind: async (address, mxid) => void (await post('/bindings/bind', { address, mxid })),
    unbind: async (address, mxid) => (await post<Found>('/bindings/unbind', { address, mxid })).found,
    close: () => Promise.resolve(),
  };
}

interface Found {
  readonly found: boolean;
}

const ignore = (): void => undefined;

/** The server's own words in place of "Request failed with status code 400". */
async function explained<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isAxiosError<{ error?: string }>(error)) throw error;
    if (!error.response) throw new Error('the running Islet ended before it had answered', { cause: error });
    const text = error.response.data?.error;
    throw text === undefined ? error : new Error(text);
  }
}

async function inProcess(config: Config, telemetry: LogTelemetry): Promise<AdminClient> {
  const house = await openApp(config, telemetry);
  const { services, container } = house;
  const clock = container.get(Clock);
  return {
    ...operationsByText(services.adminService),
    isRunning: false,
    explain: async (address) => ({ ...(await services.lookupService.explain(threepidFrom(address))), at: clock.now() }),
    mirrors: () => Promise.resolve(services.mirrorService.sources),
    sync: (source, request) => services.directorySyncService.sync(source, request),
    close: () => house.close(),
  };
}
