/** The largest batch. */
const MOST = 100;
const SOON_MS = 1;

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

type Work<Item, Answer> = (items: readonly Item[]) => Promise<readonly Answer[]>;

export interface BatchOptions<Item> {
  /** How many batches may run at once. */
  readonly atOnce: number;
  /** Items with the same key are never handled at the same time, and keep their order. */
  readonly keyOf?: (item: Item) => string;
  /** Whether the items of a batch that failed with this error are to be tried one by one. By default they are not. */
  readonly mayBeOfOne?: (error: unknown) => boolean;
}

/**
 * A function that handles an item together with those that others ask for at the same time: in the same turn of the
 * event loop, within a millisecond if the last batch was shared, or while as many batches run as may run at once.
 *
 * @param work handles a batch, and gives an answer for each item, in the same order; its error is that of all of them
 */
export function batched<Item, Answer>(
  work: Work<Item, Answer>,
  { atOnce, keyOf, mayBeOfOne = () => false }: BatchOptions<Item>,
): (item: Item) => Promise<Answer> {
  let waiting: Waiting<Item, Answer>[] = [];
  let running = 0;
  /** Under load, others come soon. */
  let wasShared = false;
  const inHand = new Set<string>();
  const next = (): readonly Waiting<Item, Answer>[] => {
    if (!keyOf) return waiting.splice(0, MOST);
    const keys = new Set(inHand);
    const batch: Waiting<Item, Answer>[] = [];
    const rest: Waiting<Item, Answer>[] = [];
    for (const item of waiting) {
      const key = keyOf(item.item);
      (batch.length < MOST && !keys.has(key) ? batch : rest).push(item);
      keys.add(key);
    }
    waiting = rest;
    return batch;
  };
  const run = async (batch: readonly Waiting<Item, Answer>[]) => {
    const error = await tryTogether(batch, work);
    if (error === undefined) return;
    if (batch.length > 1 && mayBeOfOne(error.cause)) for (const item of batch) await settle([item], work);
    else for (const { reject } of batch) reject(error.cause);
  };
  const runAll = async () => {
    // Nothing is left if others have the rest in hand, or the keys of the rest.
    for (let batch = next(); batch.length > 0; batch = next()) {
      wasShared = batch.length > 1;
      const keys = keyOf ? batch.map(({ item }) => keyOf(item)) : [];
      for (const key of keys) inHand.add(key);
      await run(batch);
      for (const key of keys) inHand.delete(key);
    }
    running--;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running >= atOnce) return;
      running++;
      if (wasShared) setTimeout(() => void runAll(), SOON_MS);
      else setImmediate(() => void runAll());
    });
}

/** @returns what the batch failed with */
async function tryTogether<Item, Answer>(
  batch: readonly Waiting<Item, Answer>[],
  work: Work<Item, Answer>,
): Promise<{ readonly cause: unknown } | undefined> {
  try {
    const answers = await work(batch.map(({ item }) => item));
    for (const [at, { resolve }] of batch.entries()) resolve(answers[at] as Answer);
    return undefined;
  } catch (cause) {
    return { cause };
  }
}

async function settle<Item, Answer>(batch: readonly Waiting<Item, Answer>[], work: Work<Item, Answer>): Promise<void> {
  const error = await tryTogether(batch, work);
  if (error) for (const { reject } of batch) reject(error.cause);
}
