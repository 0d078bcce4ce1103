import axios, { type AxiosInstance, isAxiosError } from 'axios';
import type { LogTelemetry } from '../adapters/system/log-telemetry.js';
import type { SyncReport } from '../domain/sync-report.js';
import { Clock } from '../ports/clock.js';
import { readAdminToken } from './admin-token.js';
import type { TimedExplanation } from './commands/explanation-text.js';
import { threepidFrom } from './commands/threepid-text.js';
import type { Config } from './config.js';
import { openHouse } from './open.js';

export interface SyncWish {
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  /** How many entries have been read so far. */
  readonly onProgress: (listed: number) => void;
}

/** What commands ask of Islet, whether a server is running or not. */
export interface AdminAccess {
  /** Whether the answers are those of a running server. */
  readonly isRunning: boolean;
  explain(address: string): Promise<TimedExplanation>;
  /** The names of the mirrored sources. */
  mirrors(): Promise<readonly string[]>;
  sync(source: string, wish: SyncWish): Promise<SyncReport>;
  close(): Promise<void>;
}

/** The running server, over its admin listener; or, with no server running, the house itself with its doors closed. */
export async function openAdminAccess(config: Config, telemetry: LogTelemetry): Promise<AdminAccess> {
  const { host, port } = config.admin;
  const http = axios.create({
    baseURL: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    proxy: false,
    maxRedirects: 0,
  });
  const isRunning = await http.get('/health/live', { timeout: 2_000 }).then(
    () => true,
    (error: unknown) => {
      if (isAxiosError(error) && error.code === 'ECONNREFUSED') return false;
      throw new Error(`something on the admin listener ${host}:${port} does not answer like Islet`, { cause: error });
    },
  );
  return isRunning ? overHttp(http, await readAdminToken(config.dataDir)) : inProcess(config, telemetry);
}

function overHttp(http: AxiosInstance, adminToken: string): AdminAccess {
  const headers = { authorization: `Bearer ${adminToken}` };
  return {
    isRunning: true,
    explain: async (address) => {
      const { data } = await told(http.get<TimedExplanation>('/lookup', { params: { address }, headers }));
      return data;
    },
    mirrors: async () => {
      const { data } = await told(http.get<{ mirrors: { source: string }[] }>('/mirrors', { headers }));
      return data.mirrors.map(({ source }) => source);
    },
    sync: async (source, { isDryRun, isForced, onProgress }) => {
      const url = `/sync/${encodeURIComponent(source)}`;
      const params = { dryRun: isDryRun, force: isForced };
      const watch = setInterval(
        () => void http.get(url, { headers }).then(({ data }) => onProgress(data.listed), ignore),
        500,
      );
      try {
        const { data } = await told(http.post<SyncReport>(url, undefined, { params, headers }));
        return data;
      } finally {
        clearInterval(watch);
      }
    },
    close: () => Promise.resolve(),
  };
}

const ignore = (): void => undefined;

/** The server's own words in place of "Request failed with status code 400". */
async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const text = isAxiosError<{ error?: string }>(error) ? error.response?.data?.error : undefined;
    throw text === undefined ? error : new Error(text);
  }
}

async function inProcess(config: Config, telemetry: LogTelemetry): Promise<AdminAccess> {
  const house = await openHouse(config, telemetry);
  const { services, container } = house;
  const clock = container.get(Clock);
  return {
    isRunning: false,
    explain: async (address) => ({ ...(await services.lookups.explain(threepidFrom(address))), at: clock.now() }),
    mirrors: () => Promise.resolve(services.mirrors.sources),
    sync: (source, wish) => services.sync(source, wish),
    close: () => house.close(),
  };
}
