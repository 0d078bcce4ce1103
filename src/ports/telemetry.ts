/** Words of an event, for people to read: never an address, a token, a secret. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** What operators hear: the log and the counters. Never throws and never waits. */
export abstract class Telemetry {
  /** Something went as it should and somebody will want to know. */
  abstract info(message: string, facts?: Facts): void;

  /** Something is wrong and Islet goes on; the cause is logged with all its own causes. */
  abstract warn(message: string, facts?: Facts, cause?: unknown): void;

  /** Adds one to the counter `islet_<name>_total`. Labels must have few values. */
  abstract count(name: string, labels?: Readonly<Record<string, string>>): void;
}
