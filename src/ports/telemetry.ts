/** Fields of an event, readable by people. They must not contain addresses, tokens or secrets. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Fields with the stable name of the event, in snake_case. Alerts and searches use the name, so it never changes. */
export type LogEvent = Facts & { readonly event: string };

/** Output for operators: the log and the metrics. Never throws and never blocks. */
export abstract class Telemetry {
  /** Details for debugging, too many for normal operation. */
  abstract debug(message: string, event: LogEvent): void;

  /** An expected event that operators want to know about. */
  abstract info(message: string, event: LogEvent): void;

  /** A problem that Islet handles; the cause is logged with its chain of causes. */
  abstract warn(message: string, event: LogEvent, cause?: unknown): void;

  /** A requested action failed, and Islet will not retry it automatically. */
  abstract error(message: string, event: LogEvent, cause?: unknown): void;

  /**
   * Adds to the counter `islet_<name>_total`. Counter and labels are declared in the adapter.
   *
   * @param by how much; 1 if absent. With 0, the counter exists before its first event
   */
  abstract count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;

  /** Adds a measured value to the histogram `islet_<name>`. Histogram and labels are declared in the adapter. */
  abstract observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}
