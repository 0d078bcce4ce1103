import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';
import { needPackages } from './services.js';

await needPackages('prometheus');

const run = promisify(execFile);

/** Runs promtool. @returns its output, also that of a failure */
export const promtool = async (...args: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await run('promtool', args).catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
};

interface Value {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Alert {
  readonly name: string;
  readonly isFiring: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RunningPrometheus {
  /** The values of an instant query, with their labels. */
  query(expression: string): Promise<readonly Value[]>;
  /** The alerts that are pending or firing. */
  alerts(): Promise<readonly Alert[]>;
  /** The error of its last scrape. */
  scrapeError(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Prometheus of Debian, which scrapes one server as the job `islet`, and evaluates its rules, every second.
 *
 * @param target `127.0.0.1:8091`
 * @param rules the text of a file with rules
 */
export async function startPrometheus(target: string, rules: string): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-prometheus-'));
  const port = await freePort();
  const [file, ruleFile] = [join(folder, 'prometheus.yml'), join(folder, 'rules.yml')];
  await writeFile(ruleFile, rules);
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [ruleFile],
    scrape_configs: [{ job_name: 'islet', static_configs: [{ targets: [target] }] }],
  };
  await writeFile(file, JSON.stringify(config));
  const process = spawn(
    'prometheus',
    [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`],
    { stdio: 'ignore' },
  );
  const api = async (path: string): Promise<unknown> => {
    const { data, error } = (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()) as {
      readonly data: unknown;
      readonly error?: string;
    };
    if (error !== undefined) throw new Error(`${path}: ${error}`);
    return data;
  };
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(isReady, 60_000);
  return {
    query: async (expression) => {
      const { result } = (await api(`query?${new URLSearchParams({ query: expression }).toString()}`)) as {
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    alerts: async () => {
      const { alerts } = (await api('alerts')) as {
        alerts: { state: string; labels: Record<string, string>; annotations: Record<string, string> }[];
      };
      return alerts.map(({ state, labels, annotations }) => {
        const { alertname = '', ...rest } = labels;
        return { name: alertname, isFiring: state === 'firing', labels: rest, annotations };
      });
    },
    scrapeError: async () => {
      const { activeTargets } = (await api('targets')) as { activeTargets: { lastError: string }[] };
      return activeTargets[0]?.lastError ?? 'not scraped';
    },
    close: async () => {
      const ended = once(process, 'exit');
      process.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
