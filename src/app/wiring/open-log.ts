import { LogTelemetry } from '../../adapters/system/log-telemetry.js';
import type { Config } from '../config/config.js';

/** The log according to the configuration. */
export function logOf({ log: { level, file, format } }: Config): LogTelemetry {
  try {
    return new LogTelemetry({
      level,
      format: format === 'auto' ? (file === undefined && process.stderr.isTTY ? 'pretty' : 'json') : format,
      ...(file !== undefined && { file }),
    });
  } catch (cause) {
    throw new Error('log.file cannot be opened', { cause });
  }
}
