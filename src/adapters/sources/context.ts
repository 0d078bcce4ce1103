import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpClient } from '../../ports/http-client.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { SourceContext } from '../../source.js';
import { limitedFetch, originsIn } from './limited-fetch.js';
import { threepidReaders } from './threepid-readers.js';

/** The environment of a source. */
export interface SourcePlace {
  readonly name: string;
  /** The caches of all sources are below it. */
  readonly dataDir: string;
  readonly configFolder: string;
  /** Trusted CA certificates instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** Client certificate and key for servers that require them, PEM. */
  readonly clientCertificate?: string | undefined;
}

/** @param options the configured options of this source */
export async function sourceContext(
  { name, dataDir, configFolder, ca, clientCertificate }: SourcePlace,
  options: unknown,
  http: HttpClient,
  telemetry: Telemetry,
): Promise<SourceContext> {
  const cacheFolder = join(dataDir, 'sources', name);
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 });
  return {
    name,
    cacheFolder,
    configFolder,
    threepids: threepidReaders,
    fetch: limitedFetch(http, originsIn(options), { ca, clientCertificate }),
    log: {
      info: (message, facts) => telemetry.info(message, { event: 'source_message', ...facts, source: name }),
      warn: (message, facts, cause) =>
        telemetry.warn(message, { event: 'source_message', ...facts, source: name }, cause),
    },
  };
}
