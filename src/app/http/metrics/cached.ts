/** The result of `read`, read again when it is older than `lifetimeMs`. Overlapping calls share one reading. */
export function cached<T>(lifetimeMs: number, read: () => Promise<T>): () => Promise<T> {
  let readAt = -Infinity;
  let value: Promise<T> | undefined;
  return () => {
    const now = performance.now();
    if (value && now - readAt < lifetimeMs) return value;
    readAt = now;
    const reading = read();
    value = reading;
    // A failure is not kept.
    reading.catch(() => {
      if (value === reading) value = undefined;
    });
    return reading;
  };
}
