/** Words of an event, for people to read: never an address, a token, a secret. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Facts with the stable name of what happened, in snake_case: alerts and searches rely on it, so it never changes. */
export type LogEvent = Facts & { readonly event: string };

/** What operators see: the log and the metrics. Never throws and never waits. */
export abstract class Telemetry {
  /** What helps to understand how Islet works, too much for every day. */
  abstract debug(message: string, event: LogEvent): void;

  /** Something went as it should, and operators want to know. */
  abstract info(message: string, event: LogEvent): void;

  /** Something is wrong and Islet handles it; the cause is logged with all its own causes. */
  abstract warn(message: string, event: LogEvent, cause?: unknown): void;

  /** Something that was asked of Islet is not done, and Islet will not try again by itself. */
  abstract error(message: string, event: LogEvent, cause?: unknown): void;

  /** Adds one to the counter `islet_<name>_total`. Counter and labels are declared in the adapter. */
  abstract count(name: string, labels?: Readonly<Record<string, string>>): void;

  /** Adds a measured value to the histogram `islet_<name>`. Histogram and labels are declared in the adapter. */
  abstract observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}
