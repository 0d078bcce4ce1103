import type { Registry } from 'prom-client';
import type { Arrival } from '../request-probe.js';

/** Variables of a worker process: its number, beginning with 1, and the number of workers. */
export const WORKER_NUMBER = 'WORKER_NUMBER_OF_ISLET';
export const WORKER_COUNT = 'WORKER_COUNT_OF_ISLET';

/** The metrics of one worker. */
export type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The messages that workers send each other through the primary process. */
export type WorkerBody =
  | { readonly kind: 'metrics_asked'; readonly id: number }
  | { readonly kind: 'metrics'; readonly id: number; readonly metrics: Metrics }
  | { readonly kind: 'arrival'; readonly id: string; readonly arrival: Arrival };

/** A message that the primary process passes on, or the news that a worker accepts requests. */
export type WorkerMessage = { readonly to: 'first' | 'others'; readonly body: WorkerBody } | { readonly isReady: true };
