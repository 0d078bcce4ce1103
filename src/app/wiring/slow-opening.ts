import type { OpeningStep } from '../../adapters/knex/database.js';
import type { Telemetry } from '../../ports/telemetry.js';

const SLOW_MS = 3_000;
const AGAIN_MS = 10_000;

const WORDS = {
  connecting: 'it has not answered yet',
  checking: 'its pages are checked',
  migrating: 'its tables are made or changed, which takes a round trip for each statement',
} as const satisfies Record<OpeningStep, string>;

/**
 * Logs what a start waits for, if the database takes long to open.
 *
 * @param open calls its argument at the beginning of each step
 */
export async function warnIfSlow<T>(
  telemetry: Telemetry,
  open: (begin: (step: OpeningStep) => void) => Promise<T>,
): Promise<T> {
  const since = performance.now();
  let step: OpeningStep = 'connecting';
  const say = () => {
    const seconds = Math.round((performance.now() - since) / 1_000);
    telemetry.info(`the start waits for the database: ${WORDS[step]}`, { event: 'database_slow', step, seconds });
    timer = setTimeout(say, AGAIN_MS);
  };
  let timer = setTimeout(say, SLOW_MS);
  try {
    return await open((next) => {
      step = next;
    });
  } finally {
    clearTimeout(timer);
  }
}
