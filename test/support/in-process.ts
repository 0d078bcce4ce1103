import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/app/config/config.js';
import { type Islet, serve } from '../../src/app/main.js';
import { LogTelemetry } from '../../src/adapters/system/log-telemetry.js';
import { freePort } from './ports.js';

export interface InProcess extends Islet {
  readonly folder: string;
}

/**
 * Runs the complete server in this process, with its configuration in a file.
 *
 * @param config without `listen`, `admin` and `dataDir`
 * @param files text files in the same folder, by name
 */
export async function serveInProcess(
  config: Record<string, unknown>,
  files: Readonly<Record<string, string>> = {},
): Promise<InProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-in-process-'));
  const telemetry = new LogTelemetry({ level: 'error', format: 'json' });
  const remove = async (): Promise<void> => {
    await telemetry.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const file = join(folder, 'islet.yaml');
    const [port, adminPort] = [await freePort(), await freePort()];
    const places = { listen: { port }, admin: { port: adminPort }, dataDir: 'data' };
    await writeFile(file, stringify({ ...places, ...config }));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const islet = await serve(loadConfig({ file, env: {} }).config, telemetry);
    const close = async (): Promise<void> => {
      await islet.close();
      await remove();
    };
    return { ...islet, folder, close };
  } catch (error) {
    await remove();
    throw error;
  }
}
