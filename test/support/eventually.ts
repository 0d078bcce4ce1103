/** Long, because most events have no promised time, and the machine may be busy: it only ends a test that hangs. */
const LIMIT_MS = 50_000;

/** Waits until a condition is true. */
export async function eventually<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = LIMIT_MS,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`it did not come to pass within ${limitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
