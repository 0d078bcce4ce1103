import cluster from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { arrivalOf, probeIdOf, RequestProbes } from '../request-probe.js';
import { type Metrics, WORKER_COUNT, WORKER_NUMBER, type WorkerBody, type WorkerMessage } from './worker-messages.js';

/** Workers that do not answer in this time are left out of the metrics. */
const REPORT_MS = 1_000;

/**
 * One of several processes that answer on the same address. The first one has the admin listener; its
 * metrics and traced requests include those of the others.
 */
export class WorkerLink {
  readonly isFirst: boolean;
  /** In the first worker, collects the traced requests of all workers. */
  readonly probes: RequestProbes;
  private asked = 0;
  private readonly waiting = new Map<number, (metrics: Metrics) => void>();

  /** @param others the number of other workers */
  constructor(
    readonly number: number,
    private readonly others: number,
    private readonly registry: Registry,
  ) {
    this.isFirst = number === 1;
    this.probes = this.isFirst ? new RequestProbes() : new RelayedProbes((body) => this.send('first', body));
    process.on('message', (body: WorkerBody) => void this.receive(body));
    // Without the primary process, the listener gets no connections.
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  }

  /** The metrics of all workers, added up, in the text format of Prometheus. */
  async metrics(): Promise<string> {
    const id = ++this.asked;
    const all: Metrics[] = [await this.registry.getMetricsAsJSON()];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, REPORT_MS);
      this.waiting.set(id, (metrics) => {
        all.push(metrics);
        if (all.length <= this.others) return;
        clearTimeout(timer);
        resolve();
      });
      this.send('others', { kind: 'metrics_asked', id });
    });
    this.waiting.delete(id);
    return AggregatorRegistry.aggregate(all).metrics();
  }

  /** Tells the primary process that requests are accepted. */
  ready(): void {
    process.send?.({ isReady: true } satisfies WorkerMessage);
  }

  private async receive(body: WorkerBody): Promise<void> {
    if (body.kind === 'arrival') this.probes.record(body.id, body.arrival);
    else if (body.kind === 'metrics') this.waiting.get(body.id)?.(body.metrics);
    else if (body.kind === 'metrics_asked')
      this.send('first', { kind: 'metrics', id: body.id, metrics: await this.registry.getMetricsAsJSON() });
  }

  private send(to: 'first' | 'others', body: WorkerBody): void {
    if (process.connected) process.send?.({ to, body } satisfies WorkerMessage);
  }
}

/** The link of this process; `undefined` if it is the only one. @param env the variables of the process */
export function workerLink(registry: Registry, env: NodeJS.ProcessEnv): WorkerLink | undefined {
  if (!cluster.isWorker) return undefined;
  return new WorkerLink(Number(env[WORKER_NUMBER]), Number(env[WORKER_COUNT]) - 1, registry);
}

class RelayedProbes extends RequestProbes {
  constructor(private readonly send: (body: WorkerBody) => void) {
    super();
  }

  override notice(...[req, clientOf, allowV1]: Parameters<RequestProbes['notice']>): void {
    const id = probeIdOf(req);
    if (id !== undefined) this.send({ kind: 'arrival', id, arrival: arrivalOf(req, clientOf, allowV1) });
  }
}
