import { InvalidArgumentError } from 'commander';

/** Reads a port number from the command line. */
export function portFrom(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_533) throw new InvalidArgumentError('It must be a port number.');
  return port;
}

/** Reads the time between two runs of a command. */
export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < 5 || seconds > 86_400)
    throw new InvalidArgumentError('It must be a number of seconds, from 5 to 86400.');
  return seconds;
}

const MOST_WORKERS = 64;

/** Reads a number of processes. */
export function workersFrom(text: string): number {
  const workers = Number(text);
  if (!/^\d+$/.test(text) || workers < 1 || workers > MOST_WORKERS)
    throw new InvalidArgumentError(`It must be a number from 1 to ${MOST_WORKERS}.`);
  return workers;
}
