/** A queue: each piece of work starts when those given before it are done, well or not. */
export function serialQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined); // told to whoever gave the work
    return result;
  };
}
