import { AxiosHttpClient } from '../../adapters/outbound/axios-http-client.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { ConfigError } from '../config/errors/problems.js';
import type { LoadedConfig } from '../config/config.js';
import { area, type CheckResult, type Check, timed, withinLimit, messageWithCauses } from './check-result.js';
import { checkByServer } from './check-by-server.js';
import { directoryCheck } from './check-directories.js';
import { homeserversIn, homeserverCheck } from './check-homeservers.js';
import { mailCheck, smsCheck, sourceCheck } from './check-services.js';
import { publicUrlCheck, readinessOf, serverDiagnoses, sharedUserIdsCheck } from './check-public-url.js';
import { outsideCheck } from './check-outside.js';
import { RefusedLogins } from './refused-logins.js';
import { searchCheck } from './check-search.js';
import { databaseCheck, filesCheck, textsCheck } from './check-storage.js';

/** A directory may need ten seconds for each server, twice. The check does not wait longer than this. */
const LIMIT_MS = 30_000;

/** Runs the examination, or reports an invalid configuration: then nothing else is checked. */
export async function runCheck(examination: () => Promise<readonly CheckResult[]>): Promise<readonly CheckResult[]> {
  try {
    return await examination();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ key, reason, suggestion, place }) =>
      area('configuration').failure(`${key}: ${reason}${place === undefined ? '' : `, ${place}`}`, suggestion),
    );
  }
}

/**
 * Checks everything in the configuration in parallel, with or without a running server. Changes nothing and sends no
 * messages.
 *
 * @param refusedLogins the same for repeated runs
 */
export async function runChecks(
  { config, warnings }: LoadedConfig,
  telemetry: Telemetry,
  refusedLogins = new RefusedLogins(Date.now),
): Promise<readonly CheckResult[]> {
  const http = new AxiosHttpClient(config.federation.allow, config.federation.nat64);
  const clock = new SystemClock();
  const configuration = area('configuration');
  const readiness = await readinessOf(config, http).catch((error: unknown) => messageWithCauses(error));
  const isRunning = readiness !== undefined && typeof readiness !== 'string';
  // A running server uses the SQLite file, and reports for any database whether it can reach it.
  const kept: readonly [string, Check] = isRunning
    ? ['server', sharedUserIdsCheck(config, http)]
    : ['database', () => timed(databaseCheck(config))];
  const checks: readonly (readonly [string, Check])[] = [
    ['files', filesCheck(config)],
    kept,
    ...config.sources.flatMap((source): readonly (readonly [string, Check])[] => {
      if (source.kind === 'ldap') {
        const askServer = isRunning ? checkByServer(config, http) : undefined;
        return [[`directory ${source.name}`, directoryCheck(source, telemetry, askServer)]];
      }
      if (source.kind === 'bindings') return [];
      return [[`source ${source.name}`, () => timed(sourceCheck(source, config, http, telemetry))]];
    }),
    ...homeserversIn(config).map((name) => [`homeserver ${name}`, homeserverCheck(name, config, http, clock)] as const),
    ['mail', () => timed(mailCheck(config))],
    ['text messages', smsCheck(config)],
    ['texts', textsCheck(config)],
    ['public URL', () => timed(publicUrlCheck(config, isRunning, http))],
    ['proxy', outsideCheck(config, isRunning, http)],
    ['search', searchCheck(config, isRunning, http)],
  ];
  const found = await Promise.all(
    checks.map(([name, check]) => withinLimit(LIMIT_MS, name, refusedLogins.guard(name, check))),
  );
  return [
    configuration.ok(`${config.file ?? 'no file, only defaults and the environment'}: is fine`),
    ...warnings.map((warning) => configuration.warning(warning)),
    ...(typeof readiness === 'string'
      ? [area('server').failure(readiness, 'another program uses the port of `admin`: choose another port')]
      : serverDiagnoses(readiness)),
    ...found.flat(),
  ];
}
